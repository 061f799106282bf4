import type { ServedPeerState } from './serve.ts'

// How far commands have come that take long: what is drawn over itself on a terminal while they run.

/** Of a fetch; `pieces` and `totalBytes` are of what was wanted and not there before. */
export interface FetchProgress {
  readonly stage: 'checking' | 'fetching'
  /** Milliseconds since this stage began. */
  readonly elapsedMs: number
  readonly choked: boolean
  readonly donePieces: number
  readonly pieces: number
  readonly doneBytes: number
  readonly totalBytes: number
}

/** Of serving one peer. */
export interface ServedPeerProgress {
  readonly peer: number
  readonly remote: string
  /** Not escaped where serving tells it, escaped where it is drawn. */
  readonly client: string | null
  readonly state: ServedPeerState
  /** Bytes of blocks. */
  readonly uploaded: number
  readonly bytesPerSecond: number
  readonly deviationCount: number
}
