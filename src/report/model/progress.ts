/** How far a fetch has come; `pieces` and `totalBytes` count what was wanted and not there before. */
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
