import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { flooding, type ImitatedService, reacting } from './service.ts'

const LETTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')

/** How long after it accepts `late-banner` speaks, in milliseconds: longer than any silence before a first byte. */
export const LATE_BANNER_MS = 2000

/** Services whose answers do not depend on what a visitor says. */
export const BLIND_SERVICES = {
  echo: echo(),
  chargen: chargen(),
  'random-flood': flooding(undefined, () => randomBytes(1024)),
  /** Answers each chunk with random bytes, enough to be a public key and too few for a pad that is too long. */
  'random-answers': reacting(undefined, (socket) => socket.write(randomBytes(200))),
  discard: reacting(undefined, () => undefined),
  'closes-at-once': closing((socket) => socket.end()),
  'resets-at-once': closing((socket) => socket.resetAndDestroy()),
  'closes-on-bytes': reacting(undefined, (socket) => socket.end()),
  'resets-on-bytes': reacting(undefined, (socket) => socket.resetAndDestroy()),
  /** Closes after a fixed time, whatever it received. */
  'closes-by-timer': timed((socket) => socket.end()),
  'late-banner': timed((socket) => socket.write('220 mail.example.org ESMTP Postfix\r\n'), 'SMTP'),
}

function echo(): ImitatedService {
  return { kind: 'echo', talk: (socket) => socket.pipe(socket) }
}

function chargen(): ImitatedService {
  let line = 0
  return flooding('chargen', () => {
    line = (line + 1) % LETTERS.length
    return `${(LETTERS + LETTERS).slice(line, line + 72)}\r\n`
  })
}

function closing(close: (socket: Socket) => void): ImitatedService {
  return { kind: undefined, talk: close }
}

function timed(act: (socket: Socket) => void, kind?: string): ImitatedService {
  return {
    kind,
    talk: (socket, after) => {
      socket.resume()
      socket.on(
        'close',
        after(LATE_BANNER_MS, () => act(socket)),
      )
    },
  }
}
