import { copyBytes } from '../../base/bytes.ts'
import type { PeerSession } from '../../session/peer/session.ts'
import type { SessionEvent, SessionInput } from '../../session/peer/step.ts'
import type { PieceMessage } from '../../wire/message/parts.ts'
import type { Message } from '../../wire/message/message.ts'
import type { Clock } from '../clock.ts'
import type { Transport, TransportEnd } from '../transport.ts'
import { writeAll } from '../write-all.ts'

/** The listener of a driven session. Calls never overlap. */
export interface SessionHandler {
  /** All events of one step. Their byte arrays are borrowed until the call returns. */
  events(events: readonly SessionEvent[]): void
  /** Called when no input is pending. A `send` from here is written before it returns, so its result is accurate. */
  idle?(): void
  /** More can be sent, after a `send` that returned false. */
  drained(): void
  /** Called once, as the last call. */
  closed(end: TransportEnd): void
}

/** A session that is connected to its transport and a clock. */
export interface Drive {
  /**
   * Sends messages in one write. Returns false when the caller should wait for `drained`.
   * @throws PeerError E_NOT_NEGOTIATED, with nothing sent
   */
  send(messages: readonly Message[]): boolean
  /**
   * Like `send`, for blocks that do not change until they are written: they are written without a copy.
   * @param written as for `Transport.writeAll`
   */
  upload(blocks: readonly PieceMessage[], written?: () => void): boolean
  /** Sends bytes directly, bypassing the session: for injecting faults. */
  sendRaw(bytes: Uint8Array): boolean
  /** False after a write that filled the buffer of the transport, until there is room again. */
  readonly hasRoom: boolean
  pause(): void
  resume(): void
  end(): void
  abort(): void
}

/**
 * The most that the session takes in one step, in bytes. Every message in it is in memory at the same time: in 2 MiB, 120 000
 * requests of a hostile peer took 60 MiB more.
 */
const MOST_BYTES = 262_144

/** An input of the session, and whom to tell when its blocks are written. */
interface Turn {
  readonly input: SessionInput
  readonly written: (() => void) | undefined
}

/**
 * The loop between a pure session and its I/O. Bytes, ticks and sends are processed one at a time, the output of the session is
 * written, and one timer waits for its next deadline. A call from inside a handler waits for its turn, so the session is never
 * re-entered.
 */
export function drive(
  transport: Transport,
  session: PeerSession,
  clock: Clock,
  handler: SessionHandler,
): Drive {
  const inbox: Turn[] = []
  let busy = false
  let closed = false
  let writable = true
  let wakeAt: number | undefined
  let cancelWake: (() => void) | undefined

  function step({ input, written }: Turn): void {
    if (closed) return
    const output = session.step(input)
    if (input.type === 'upload') writable = writeAll(transport, output.send, written)
    else for (const bytes of output.send) writable = transport.write(bytes)
    wake(output.wakeAt)
    if (output.events.length > 0) handler.events(output.events)
  }

  function take(input: SessionInput, written?: () => void): void {
    if (busy) {
      // the bytes are borrowed, and the call that owns them is about to return
      const kept = input.type === 'bytes' ? { ...input, bytes: copyBytes(input.bytes) } : input
      inbox.push({ input: kept, written })
      return
    }
    busy = true
    try {
      step({ input, written })
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) step(next)
    } finally {
      busy = false
    }
    handler.idle?.()
  }

  function wake(at: number | undefined): void {
    // a deadline that moves back needs no new timer until the old one has passed
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
    bytes: (bytes) => {
      const at = clock.now()
      for (let from = 0; from < bytes.length; from += MOST_BYTES)
        take({ type: 'bytes', at, bytes: bytes.subarray(from, from + MOST_BYTES) })
    },
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
      // checked here: inside the loop, an error of the caller would reach the transport instead of the caller
      if (!closed) session.checkSend(messages)
      take({ type: 'send', at: clock.now(), messages })
      return writable
    },
    upload: (blocks, written) => {
      if (!closed) session.checkSend(blocks)
      take({ type: 'upload', at: clock.now(), blocks }, written)
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
