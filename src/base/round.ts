/** Rounds milliseconds to a tenth, about the precision of a clock on a busy machine. */
export function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
