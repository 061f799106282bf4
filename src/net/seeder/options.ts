import type { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import { SERVE_QUEUE_LENGTH } from '../../base/limits.ts'
import type { BlockStore } from '../../session/upload/block-store.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { RefusalReason, ServedTorrent } from '../../session/upload/peer-upload.ts'
import type { Clock } from '../clock.ts'
import type { ConnectionLimits, RefusedConnection } from './connection-manager.ts'
import type { PeerDeadlines } from './peer-watch.ts'
import type { Endpoint, Listen, Transport, TransportEnd } from '../transport.ts'

/** A torrent, the pieces that we announce, and the source of the data. */
export interface SeededTorrent extends ServedTorrent {
  readonly store: BlockStore
}

/** Limits for all peers together, and for each of them. */
export interface SeederLimits extends ConnectionLimits, PeerDeadlines {
  /** Peers that are unchoked at the same time. */
  readonly uploadSlots: number
  /** Requests of one peer that we queue; our `reqq`. */
  readonly queueLength: number
  /** Time limit for the complete handshake of a peer, in milliseconds. */
  readonly handshakeTimeoutMs: number
}

/** The defaults of a seeder. */
export const SEEDER_LIMITS: SeederLimits = {
  total: 1024,
  perAddress: 256,
  idleMs: 150_000,
  stalledMs: 60_000,
  uploadSlots: 8,
  queueLength: SERVE_QUEUE_LENGTH,
  handshakeTimeoutMs: 10_000,
}

/** An event of a seeder. `peer` numbers the connections from 1; `at` is milliseconds on the seeder's clock. */
export type SeederEvent = { readonly at: number; readonly peer: number } & (
  | {
      readonly type: 'connected'
      /** True when we dialled. */
      readonly dialled: boolean
      readonly transport: Pick<Transport, 'kind' | 'encryption' | 'local' | 'remote'>
    }
  | { readonly type: 'refused'; readonly remote: Endpoint; readonly reason: RefusedConnection }
  /** Messages in both directions, in wire order. Byte arrays are borrowed until the call returns. */
  | { readonly type: 'session'; readonly event: SessionEvent }
  /** The first request that is not served for this reason; `answered` if the peer gets a reject. */
  | { readonly type: 'request-refused'; readonly reason: RefusalReason; readonly answered: boolean }
  | {
      readonly type: 'closed'
      readonly end: TransportEnd
      /** Why we closed, or how the network lost the connection; undefined if the peer closed or the seeder was stopped. */
      readonly error: PeerError | undefined
      readonly phase: Phase
      readonly bytesSent: number
      readonly bytesReceived: number
      /** Bytes of an incomplete handshake or message at the end. */
      readonly pending: number
      /** Bytes of blocks. */
      readonly uploaded: number
      /** Requests that were not served. */
      readonly refused: readonly RefusedRequests[]
    }
)

/** Requests that were not served, for one reason; `answered` if the peer got rejects. */
export interface RefusedRequests {
  readonly reason: RefusalReason
  readonly count: number
  readonly answered: boolean
}

/** What a seeder serves, on which address, and with which identity. */
export interface SeederOptions {
  /** Port 0 selects a free one. */
  readonly listen: Endpoint
  readonly torrent: SeededTorrent
  /** All listen on the same address and port. */
  readonly transports: readonly Listen[]
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** As Math.random. */
  readonly random: () => number
  /** `v` of our extension handshake. */
  readonly client?: string
  readonly limits?: Partial<SeederLimits>
  readonly clock?: Clock
  readonly onEvent?: ((event: SeederEvent) => void) | undefined
}
