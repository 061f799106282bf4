import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { BlockRange } from './message.ts'

/** Identifies a range in a Map. */
export type BlockKey = number | string

/** The index of a lower piece fits in a number together with `begin`, which has 32 bits. */
const NUMBERED_PIECES = 2 ** 21

/** A unique key per range. It is a number for nearly all blocks, because text costs several times as much. */
export function blockKey({ piece, begin, length }: BlockRange): BlockKey {
  if (length === BLOCK_LENGTH && piece < NUMBERED_PIECES) return piece * 2 ** 32 + begin
  return `${piece}:${begin}:${length}`
}
