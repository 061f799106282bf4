import type { PeerError } from '../../base/errors.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import type { PieceMessage } from '../../wire/message/parts.ts'
import type { Message } from '../../wire/message/message.ts'

/** What the outside world tells a session. `at` is milliseconds on the caller's clock and never goes back. */
export type SessionInput = { readonly at: number } & (
  | { readonly type: 'connected' }
  /** Bytes of the peer, in order; not kept after the call unless they are in the events. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly messages: readonly Message[] }
  /** Blocks that nobody will change: `send` of the output has them as they are, without a copy. */
  | { readonly type: 'upload'; readonly blocks: readonly PieceMessage[] }
  | { readonly type: 'tick' }
)

/** What happened in a session. `at` is the time of the input that led to it, in milliseconds. */
export type SessionEvent = { readonly at: number } & (
  | { readonly type: 'handshake-sent' | 'handshake-received'; readonly handshake: Handshake }
  /**
   * Messages of one chunk or one send, and where each begins in its stream, which is worked out when asked for. Byte arrays
   * share memory with the input.
   */
  | {
      readonly type: 'sent' | 'received'
      readonly messages: readonly Message[]
      readonly offsets: readonly number[]
      /** Position behind the last one. */
      readonly end: number
    }
  /** The session cannot go on: the transport is to be closed. */
  | { readonly type: 'failed'; readonly error: PeerError }
)

/** What the session wants done, all of it, in order. There is nothing left to poll for. */
export interface SessionOutput {
  readonly send: readonly Uint8Array[]
  readonly events: readonly SessionEvent[]
  /** When to call again with a tick if nothing else happens first; undefined when there is nothing to wait for. */
  readonly wakeAt: number | undefined
}
