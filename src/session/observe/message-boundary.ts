import { readUint32 } from '../../base/bytes.ts'
import { BLOCK_LENGTH, MAX_RESYNC_FRAME } from '../../base/limits.ts'
import { describeMessageId, MessageId } from '../../wire/message/id.ts'
import { PREFIX_LENGTH } from '../../wire/message/length-prefix.ts'
import { PIECE_HEAD_LENGTH } from '../../wire/message/message.ts'

/** Length prefix and id. */
const HEAD_LENGTH = PREFIX_LENGTH + 1

/** The length prefix of a block of the usual length. */
const WHOLE_BLOCK = PIECE_HEAD_LENGTH - PREFIX_LENGTH + BLOCK_LENGTH

/** The result of a search: where a message begins, and before which place none does. */
export interface BoundarySearch {
  /** Undefined when there is none so far. */
  readonly found: number | undefined
  /** No message begins before this place; later places need more bytes. */
  readonly searched: number
}

/**
 * Looks for a place where a message begins: a length and an id that belong together, and after them another such pair, or a
 * block of the usual length. Keep-alives are no evidence: four zeros may be any data.
 */
export function findBoundary(bytes: Uint8Array): BoundarySearch {
  for (let at = 0; at + HEAD_LENGTH <= bytes.length; at++) {
    const verdict = judge(bytes, at)
    if (verdict === 'message') return { found: at, searched: at }
    if (verdict === 'unknown') return { found: undefined, searched: at }
  }
  return { found: undefined, searched: Math.max(0, bytes.length - HEAD_LENGTH + 1) }
}

function judge(bytes: Uint8Array, at: number): 'message' | 'unknown' | 'other' {
  const size = readUint32(bytes, at)
  const id = bytes[at + PREFIX_LENGTH] as number
  if (!fits(size, id)) return 'other'
  if (id === MessageId.piece && size === WHOLE_BLOCK) return 'message'
  const next = at + PREFIX_LENGTH + size
  if (next + HEAD_LENGTH > bytes.length) return 'unknown'
  const nextSize = readUint32(bytes, next)
  return nextSize > 0 && fits(nextSize, bytes[next + PREFIX_LENGTH] as number) ? 'message' : 'other'
}

/** Whether a message of this id can have this length, and is short enough to wait for the one after it. */
function fits(size: number, id: number): boolean {
  if (size === 0 || size > MAX_RESYNC_FRAME) return false
  const layout = describeMessageId(id)
  return layout !== undefined && size - 1 >= layout.min && size - 1 <= layout.max
}
