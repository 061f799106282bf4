import type { ClosedBy } from '../base/closed-by.ts'
import type { PeerError } from '../base/errors.ts'
import type { Phase } from '../base/phase.ts'
import type { ExtensionHandshake } from '../wire/extension/handshake.ts'
import type { PexIssue } from '../wire/extension/pex.ts'
import type { Handshake } from '../wire/handshake/handshake.ts'
import type { Message } from '../wire/message/message.ts'
import type { CryptoMethod } from '../wire/mse/keys.ts'

/**
 * A message as a trace keeps it: never block data, only its coordinates and size. A bitfield is kept whole (it is
 * bounded by the frame limit, and rules look into it); other payloads are given by their length.
 */
export type TraceMessage =
  | Exclude<Message, { type: 'piece' | 'extended' | 'hashes' | 'unknown' | 'malformed' }>
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly length: number }
  | {
      readonly type: 'extended'
      readonly id: number
      /** Name under which the receiver announced the id; null when it did not. */
      readonly extension: string | null
      readonly length: number
      /** What an extension handshake (id 0) says; a reason when it cannot be read. */
      readonly handshake?: ExtensionHandshake | { readonly malformed: string }
      /** What a message of ut_metadata is about, never the metadata itself. */
      readonly metadata?: TraceMetadata
      /** What is wrong inside a message of an extension; absent when nothing is. */
      readonly defects?: TraceExtensionDefects
    }
  | { readonly type: 'hashes'; readonly count: number }
  | { readonly type: 'unknown'; readonly id: number; readonly length: number }
  | { readonly type: 'malformed'; readonly id: number; readonly length: number; readonly reason: string }

export type TraceExtensionDefects =
  /** It does not have the layout of its extension; `offset` counts within the payload. */
  | { readonly type: 'malformed'; readonly reason: string; readonly offset: number }
  /** At most 64 entries. */
  | { readonly type: 'pex'; readonly issues: readonly PexIssue[] }

export interface TraceMetadata {
  readonly kind: 'request' | 'data' | 'reject'
  readonly piece: number
  /** Size of the whole metadata as the message says it, in bytes. */
  readonly totalSize?: number
}

/** Where something stood in the stream of its sender, in bytes from connect; `length` includes the length prefix. */
interface WirePlace {
  readonly offset: number
  readonly length: number
}

/** What each side of the encryption handshake (MSE) does, and how it ends. */
export type EncryptionStep =
  | 'public-key-sent'
  | 'public-key-received'
  | 'synchronised'
  | 'torrent-found'
  | 'provide-sent'
  | 'provide-received'
  | 'initial-payload-received'
  | 'select-sent'
  | 'select-received'
  | 'established'
  | 'plaintext'
  | 'failed'

/** A step of the encryption handshake with what it was made of. Lengths in bytes; what a step does not have is left out. */
export interface TraceEncryption {
  readonly type: 'encryption'
  readonly step: EncryptionStep
  /** Length of the pad that goes with the step. */
  readonly padLength?: number
  /** Methods offered, or the one selected. */
  readonly methods?: readonly CryptoMethod[]
  /** Length of the initial payload, or of what came with the last step. */
  readonly payloadLength?: number
  /** Position in the peer's stream, counted from connect. */
  readonly offset?: number
  /** The shared secret does, which some clients get wrong. */
  readonly secretBeginsWithZero?: true
  /** What the payload is from here on. */
  readonly encryption?: 'rc4' | 'mse-plaintext'
  /** Why it failed. */
  readonly error?: PeerError
}

/** What happened on one connection. `at` is milliseconds on the clock of the caller and never goes back. */
export type TraceEvent = { readonly at: number } & (
  | {
      readonly type: 'connected'
      readonly transport: string
      readonly local: string
      readonly remote: string
    }
  | { readonly type: 'phase'; readonly phase: Phase }
  | TraceEncryption
  | (WirePlace & {
      readonly type: 'sent' | 'received'
      readonly what: 'handshake'
      readonly handshake: Handshake
    })
  | (WirePlace & {
      readonly type: 'sent' | 'received'
      readonly what: 'message'
      readonly message: TraceMessage
    })
  /** This process did not run for so long: `at` leaves it out, and peers were not. Also a busy or sleeping machine. */
  | { readonly type: 'suspended'; readonly durationMs: number }
  /** The peer's stream cannot be framed from `error.offset` on. */
  | { readonly type: 'broken'; readonly error: PeerError }
  | {
      readonly type: 'closed'
      readonly by: ClosedBy
      readonly kind: 'fin' | 'rst' | null
      readonly phase: Phase
      readonly bytesSent: number
      readonly bytesReceived: number
      /** Why, when neither side closed: what the system said, such as ETIMEDOUT, or what was waited for in vain. */
      readonly reason?: string
      /** Bytes of an item that had come in part. */
      readonly pending: number
    }
)
