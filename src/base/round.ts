/** Milliseconds to a tenth: what a clock of a busy machine can tell. */
export function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
