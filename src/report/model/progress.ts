/** Progress of reading an input. */
export interface ReadingProgress {
  readonly doneBytes: number
  /** Undefined for a pipe. */
  readonly totalBytes: number | undefined
}

/** Progress of a fetch. `pieces` and `totalBytes` count wanted pieces that were not on disk before. */
export interface FetchProgress {
  readonly stage: 'checking' | 'fetching'
  /** Milliseconds since this stage began. */
  readonly elapsedMs: number
  /** Milliseconds since the first request; 0 until then. */
  readonly transferMs: number
  readonly choked: boolean
  readonly donePieces: number
  readonly pieces: number
  readonly doneBytes: number
  readonly totalBytes: number
}
