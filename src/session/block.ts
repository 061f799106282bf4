import { BLOCK_LENGTH } from '../base/limits.ts'
import type { BlockRange } from '../wire/message/message.ts'

/** The range that *request*, *cancel* and *reject* name. Requests that we send are at most BLOCK_LENGTH long. */
export type BlockRequest = BlockRange

/** A range of bytes in one piece with its content, as carried by *piece*. */
export interface Block {
  readonly piece: number
  /** Offset in the piece, in bytes. */
  readonly begin: number
  readonly data: Uint8Array
}

/** Number of blocks of a piece of `length` bytes; the last one may be short. */
export function blockCount(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH)
}

/**
 * The requests that together cover `range`, in order, each of at most BLOCK_LENGTH bytes. The first begins
 * where the range begins, aligned or not; the last is short when the range is.
 * @throws RangeError when the range is empty, or does not fit the 32 bits of the wire
 */
export function splitIntoBlocks(range: BlockRequest): BlockRequest[] {
  const { piece, begin, length } = range
  for (const value of [piece, begin, length, begin + length - 1]) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw new RangeError(`piece ${piece}, begin ${begin}, length ${length} is not a valid range`)
  }
  if (length === 0) throw new RangeError('the range is empty')
  return Array.from({ length: blockCount(length) }, (_, block) => ({
    piece,
    begin: begin + block * BLOCK_LENGTH,
    length: Math.min(BLOCK_LENGTH, length - block * BLOCK_LENGTH),
  }))
}

/** The request that a block answers. */
export function requestOf(block: Block): BlockRequest {
  return { piece: block.piece, begin: block.begin, length: block.data.length }
}
