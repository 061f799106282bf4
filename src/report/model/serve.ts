import type { Envelope, ErrorReport, TorrentReport } from './connect.ts'

/** Something that a peer of ours did against a BEP. */
export interface ServeDeviationReport {
  readonly id: string
  /** Counts the peer's messages from 1, its handshake. */
  readonly message: number
  /** Of the message in the peer's stream, in bytes. */
  readonly offset: number
  readonly detail: string
  readonly reference: string
}

/** Before its handshake, without interest, interested but choked, and allowed to request. */
export type ServedPeerState = 'handshake' | 'idle' | 'waiting' | 'served'

/** One connection of a seeder. */
export interface ServedPeerReport {
  readonly peer: number
  readonly remote: string
  readonly transport: 'tcp' | 'utp'
  readonly encryption: 'plaintext' | 'rc4' | 'mse-plaintext'
  readonly peerId: string | null
  readonly client: string | null
  readonly durationMs: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly requests: number
  /** Bytes of blocks. */
  readonly uploaded: number
  readonly closedBy: 'us' | 'peer'
  readonly closeKind: 'fin' | 'rst' | null
  readonly error: ErrorReport | null
  readonly deviationCount: number
  /** The first hundred of them. */
  readonly deviations: readonly ServeDeviationReport[]
  /** What is odd and against no BEP, the first hundred. */
  readonly notes: readonly ServeDeviationReport[]
}

/** The document of `serve`, and of its last event. */
export interface ServeReport extends Envelope<'serve'> {
  readonly address: string | null
  readonly torrent: TorrentReport
  readonly strict: boolean
  readonly faults: readonly string[]
  readonly seed: number
  readonly connections: number
  readonly refusedConnections: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly uploaded: number
  /** Of all peers; 0 unless strict. */
  readonly deviations: number
  readonly durationMs: number
  /** The first thousand that have gone. */
  readonly peers: readonly ServedPeerReport[]
}
