/** Where a text is printed. */
export interface Paper {
  /** Columns, from `MIN_WIDTH` to `MAX_WIDTH`. Nothing wraps: long values are folded or cut. */
  readonly width: number
  /** Only ASCII may be printed. */
  readonly ascii: boolean
  readonly color: boolean
}

export const MIN_WIDTH = 40
export const MAX_WIDTH = 120

/** A file, a pipe, or a terminal that does not report its width. */
export const PLAIN_PAPER: Paper = { width: 80, ascii: false, color: false }
