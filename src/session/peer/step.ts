import type { PeerError } from '../../base/errors.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import type { PieceMessage } from '../../wire/message/parts.ts'
import type { Message } from '../../wire/message/message.ts'

/** An input of a session. `at` is the time in milliseconds on the caller's clock and never decreases. */
export type SessionInput = { readonly at: number } & (
  | { readonly type: 'connected' }
  /** Bytes from the peer, in order. Not kept after the call unless events contain them. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly messages: readonly Message[] }
  /** Blocks that the caller will not modify: `send` of the output contains them without a copy. */
  | { readonly type: 'upload'; readonly blocks: readonly PieceMessage[] }
  | { readonly type: 'tick' }
)

/** An event of a session. `at` is the time of the input that caused it, in milliseconds. */
export type SessionEvent = { readonly at: number } & (
  | { readonly type: 'handshake-sent' | 'handshake-received'; readonly handshake: Handshake }
  /**
   * Messages of one chunk or one send, and where each begins in its stream (computed on demand). Byte arrays share memory
   * with the input.
   */
  | {
      readonly type: 'sent' | 'received'
      readonly messages: readonly Message[]
      readonly offsets: readonly number[]
      /** Position of the first message, and after the last one. */
      readonly start: number
      readonly end: number
    }
  /** The session cannot continue: close the transport. */
  | { readonly type: 'failed'; readonly error: PeerError }
)

/** Everything that the session wants done, in order. Nothing needs to be polled. */
export interface SessionOutput {
  readonly send: readonly Uint8Array[]
  readonly events: readonly SessionEvent[]
  /** When to send a `tick` if no other input comes first; undefined when no timer is pending. */
  readonly wakeAt: number | undefined
}
