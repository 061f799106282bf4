import type { ErrorCode } from '../../base/errors.ts'
import type { ClosedBy } from '../../base/closed-by.ts'
import type { MetadataOutcome } from '../../trace/metadata.ts'
import type { Probe } from '../../trace/probe.ts'

/** What one probe saw. Every conclusion of `why` is made from these, and they are made from the trace alone. */
export interface Observation {
  /** Of the probe, from 1. */
  readonly number: number
  readonly probe: Probe
  readonly address: string | null
  /** Since the start of the command, in milliseconds. */
  readonly startedMs: number
  readonly elapsedMs: number
  readonly reach: Reach
  /** How the open connection ended; undefined if there was none. */
  readonly close: Close | undefined
  /** First bytes of the peer as the transport carried them, at most 256. */
  readonly first: Uint8Array
  /** What came begins with what we had sent. */
  readonly echoes: boolean
  /** How many bytes the peer had sent before our first byte. */
  readonly earlyBytes: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Bytes that we had sent when the first byte of the peer came; undefined if none came. */
  readonly answeredAfter: number | undefined
  /** Milliseconds from our last byte before it to the first byte of the peer. */
  readonly answerMs: number | undefined
  readonly encryption: EncryptionSeen | undefined
  readonly handshake: HandshakeSeen | undefined
  readonly session: SessionSeen | undefined
  /** Findings of severity `error`: what the peer sent breaks the protocol. */
  readonly violations: readonly string[]
  /** Why the probe ended early. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null
}

/** Whether a connection was established. */
export interface Reach {
  readonly outcome:
    'connected' | 'refused' | 'timed-out' | 'unreachable' | 'blocked' | 'local' | 'no-name' | 'proxy'
  /** From the start of the attempt, in milliseconds. */
  readonly ms: number
  /** What the system said, such as EHOSTUNREACH. */
  readonly system: string | undefined
}

/** The system of the peer reported that nothing uses its UDP port. A refusal that no system reported is a RESET of uTP. */
export function isUtpPortUnused({ probe, reach }: Pick<Observation, 'probe' | 'reach'>): boolean {
  return probe.transport === 'utp' && reach.outcome === 'refused' && reach.system !== undefined
}

/** The start of a uTP connection was answered, by taking it or with a RESET. */
export function isUtpAnswered({ probe, reach }: Pick<Observation, 'probe' | 'reach'>): boolean {
  if (probe.transport !== 'utp') return false
  return reach.outcome === 'connected' || (reach.outcome === 'refused' && reach.system === undefined)
}

/** How an open connection ended. */
export interface Close {
  readonly by: ClosedBy
  readonly kind: 'fin' | 'rst' | null
  /** Since the connection was established, in milliseconds. */
  readonly afterMs: number
  /** Since our last byte, in milliseconds; undefined if we sent none. */
  readonly sinceSentMs: number | undefined
  /** Bytes sent by us before it. */
  readonly sent: number
  /** The close reason of libtorrent over uTP. */
  readonly reason: number | undefined
  /** Bytes of a message that had come in part. */
  readonly pending: number
}

/** What MSE proved. */
export interface EncryptionSeen {
  /** Possible public key of the peer (96 bytes) came. */
  readonly hasKey: boolean
  readonly secretBeginsWithZero: boolean
  /** VC came: it knows the info hash. */
  readonly knowsTorrent: boolean
  readonly selected: 'plaintext' | 'rc4' | undefined
  readonly isEstablished: boolean
  readonly failure: string | undefined
}

/** The handshake of the peer. */
export interface HandshakeSeen {
  readonly infoHash: string
  readonly matches: boolean
  readonly peerId: string
  readonly reserved: string
  /** Bytes of our handshake that had been sent when it came. */
  readonly afterSent: number
  readonly isOurOwnId: boolean
}

/** What happened after both handshakes. Times are milliseconds since the handshake of the peer. */
export interface SessionSeen {
  readonly client: string | undefined
  /** `e` of the extension handshake: it prefers encryption. */
  readonly prefersEncryption: boolean | undefined
  readonly metadataSize: number | undefined
  readonly offersMetadata: boolean
  readonly availability: 'have-all' | 'have-none' | 'bitfield' | 'haves' | 'none'
  /** Pieces claimed at the end; undefined if unknown. */
  readonly have: number | undefined
  readonly pieceCount: number | undefined
  /** The first *have* for a peer that claimed nothing before. */
  readonly firstHaveMs: number | undefined
  readonly interestedMs: number | undefined
  readonly unchokedMs: number | undefined
  /** It choked us after it had unchoked us. */
  readonly chokedAgain: boolean
  /** It did so when something had been requested. */
  readonly chokedOnRequest: boolean
  /** First request, in milliseconds. */
  readonly requestedMs: number | undefined
  readonly requests: readonly RequestSeen[]
  readonly rejects: number
  /** It claimed pieces, and then no longer (have-none, lt_donthave). */
  readonly lostPieces: boolean
  /** Hashes of whole pieces: all good, one bad, or none checked. */
  readonly verified: 'good' | 'bad' | undefined
  /** The first answers to requests for metadata. */
  readonly metadata: 'data' | 'rejected' | 'silent' | undefined
  /** How fetching the metadata ended; undefined if it was not fetched, or the connection ended first. */
  readonly metadataOutcome: MetadataOutcome | undefined
  readonly messagesReceived: number
  /** How long the session lasted. */
  readonly lastedMs: number
}

/** A request, and its block. */
export interface RequestSeen {
  readonly piece: number
  readonly begin: number
  readonly length: number
  readonly sentMs: number
  /** Milliseconds until the block came; undefined if it did not. */
  readonly blockMs: number | undefined
}
