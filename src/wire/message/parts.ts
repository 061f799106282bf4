import { writeUint32 } from '../../base/bytes.ts'
import { MessageId } from './id.ts'
import { type Message, PIECE_HEAD_LENGTH } from './message.ts'

/** A *piece* message: one block. */
export type PieceMessage = Extract<Message, { readonly type: 'piece' }>

/**
 * Like `encodeMessages` for blocks, without copying them: returns byte arrays that form the messages when concatenated, with
 * each block as given. For transports that write several buffers at once.
 * @returns two byte arrays for each message
 */
export function encodePieceParts(messages: readonly PieceMessage[]): Uint8Array[] {
  const heads = new Uint8Array(messages.length * PIECE_HEAD_LENGTH)
  const parts: Uint8Array[] = []
  let at = 0
  for (const { piece, begin, block } of messages) {
    writeUint32(heads, at, PIECE_HEAD_LENGTH - 4 + block.length)
    heads[at + 4] = MessageId.piece
    writeUint32(heads, at + 5, piece)
    writeUint32(heads, at + 9, begin)
    parts.push(heads.subarray(at, (at += PIECE_HEAD_LENGTH)), block)
  }
  return parts
}
