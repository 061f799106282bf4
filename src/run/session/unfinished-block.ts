import type { PendingBlock } from '../../wire/message/decoder.ts'

/** What to do about a block that came in part. */
export const UNFINISHED_HINT =
  'the peer did answer: it is slow or stopped in the middle; a longer --block-timeout tells which'

/**
 * How much of a block has come, and how fast.
 * @param durationMs how long it had
 */
export function unfinishedBlock({ received, length }: PendingBlock, durationMs: number): string {
  const rate = Math.round((received * 1000) / Math.max(1, durationMs))
  return `${received} of the ${length} of its unfinished block at ${rate} B/s`
}
