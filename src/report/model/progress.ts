/** How far a fetch has come; `pieces` and `totalBytes` count what was wanted and not there before. */
export interface FetchProgress {
  readonly stage: 'checking' | 'fetching'
  /** Milliseconds since this stage began. */
  readonly elapsedMs: number
  /** Milliseconds since the first request; 0 before it. */
  readonly transferMs: number
  readonly choked: boolean
  readonly donePieces: number
  readonly pieces: number
  readonly doneBytes: number
  readonly totalBytes: number
}
