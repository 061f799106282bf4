import { writeUint32 } from '../../base/bytes.ts'
import { MessageId } from './id.ts'
import type { Message } from './message.ts'

/** A *piece* message: one block. */
export type PieceMessage = Extract<Message, { readonly type: 'piece' }>

/** Length prefix, id, piece and begin: what stands before a block. */
const HEAD_LENGTH = 13

/**
 * As `encodeMessages` for blocks, which stay where they are: byte arrays that make up the messages when they are put one
 * after the other, each block among them as it was given. For who can write several at once; a block need not be copied then.
 * @returns two byte arrays for each message
 */
export function encodePieceParts(messages: readonly PieceMessage[]): Uint8Array[] {
  const heads = new Uint8Array(messages.length * HEAD_LENGTH)
  const parts: Uint8Array[] = []
  let at = 0
  for (const { piece, begin, block } of messages) {
    writeUint32(heads, at, HEAD_LENGTH - 4 + block.length)
    heads[at + 4] = MessageId.piece
    writeUint32(heads, at + 5, piece)
    writeUint32(heads, at + 9, begin)
    parts.push(heads.subarray(at, (at += HEAD_LENGTH)), block)
  }
  return parts
}
