import { copyBytes } from '../../base/bytes.ts'
import type { PeerSession } from '../../session/peer/session.ts'
import type { SessionEvent, SessionInput } from '../../session/peer/step.ts'
import type { PieceMessage } from '../../wire/message/parts.ts'
import type { Message } from '../../wire/message/message.ts'
import type { Clock } from '../clock.ts'
import type { Transport, TransportEnd } from '../transport.ts'
import { writeAll } from '../write-all.ts'

/** Who listens to a driven session. Calls never overlap. */
export interface SessionHandler {
  /** Everything that one step brought. Byte arrays in it are borrowed until the call returns. */
  events(events: readonly SessionEvent[]): void
  /** The inbox is empty: what is sent from here is written before `send` returns, which then tells of room truly. */
  idle?(): void
  /** There is room again after a `send` that returned false. */
  drained(): void
  /** Once, last. */
  closed(end: TransportEnd): void
}

/** A session bound to its transport and to time. */
export interface Drive {
  /**
   * Sends messages in one write; false when the caller should wait for `drained`.
   * @throws PeerError E_NOT_NEGOTIATED, with nothing sent
   */
  send(messages: readonly Message[]): boolean
  /** As `send`, for blocks that nobody will change: they are written from where they are. */
  upload(blocks: readonly PieceMessage[]): boolean
  /** Sends bytes past the session, which does not look at them: for peers that misbehave on purpose. */
  sendRaw(bytes: Uint8Array): boolean
  /** False from a write that the transport had no room for until it has. */
  readonly hasRoom: boolean
  pause(): void
  resume(): void
  end(): void
  abort(): void
}

/**
 * The one loop between a pure session and the world: bytes, ticks and sends go in one at a time, what the session
 * wants written is written, and one timer stands for its next deadline. A call from inside a handler waits for
 * its turn, so a session is never entered twice at once.
 */
export function drive(
  transport: Transport,
  session: PeerSession,
  clock: Clock,
  handler: SessionHandler,
): Drive {
  const inbox: SessionInput[] = []
  let busy = false
  let closed = false
  let writable = true
  let wakeAt: number | undefined
  let cancelWake: (() => void) | undefined

  function step(input: SessionInput): void {
    if (closed) return
    const output = session.step(input)
    if (input.type === 'upload') writable = writeAll(transport, output.send)
    else for (const bytes of output.send) writable = transport.write(bytes)
    wake(output.wakeAt)
    if (output.events.length > 0) handler.events(output.events)
  }

  function take(input: SessionInput): void {
    if (busy) {
      // its bytes are borrowed, and the call that lent them is about to return
      inbox.push(input.type === 'bytes' ? { ...input, bytes: copyBytes(input.bytes) } : input)
      return
    }
    busy = true
    try {
      step(input)
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) step(next)
    } finally {
      busy = false
    }
    handler.idle?.()
  }

  function wake(at: number | undefined): void {
    // a deadline that only moves back costs nothing until the old one has passed
    if (at !== undefined && wakeAt !== undefined && wakeAt <= at) return
    cancelWake?.()
    wakeAt = at
    cancelWake = at === undefined ? undefined : clock.schedule(at, tick)
  }

  function tick(): void {
    wakeAt = undefined
    cancelWake = undefined
    take({ type: 'tick', at: clock.now() })
  }

  transport.start({
    bytes: (bytes) => take({ type: 'bytes', at: clock.now(), bytes }),
    drained: () => {
      writable = true
      handler.drained()
    },
    closed: (end) => {
      closed = true
      cancelWake?.()
      handler.closed(end)
    },
  })
  take({ type: 'connected', at: clock.now() })

  return {
    send: (messages) => {
      // judged here: inside the loop a mistake of the caller's would reach the transport instead of the caller
      if (!closed) session.checkSend(messages)
      take({ type: 'send', at: clock.now(), messages })
      return writable
    },
    upload: (blocks) => {
      if (!closed) session.checkSend(blocks)
      take({ type: 'upload', at: clock.now(), blocks })
      return writable
    },
    sendRaw: (bytes) => {
      writable = transport.write(bytes)
      return writable
    },
    get hasRoom() {
      return writable
    },
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    end: () => transport.end(),
    abort: () => transport.abort(),
  }
}
