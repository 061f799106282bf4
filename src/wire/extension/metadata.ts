import { concat } from '../../base/bytes.ts'
import { METADATA_PIECE_LENGTH } from '../../base/limits.ts'
import { decodeBencodeDictionary, encodeBencode, integerOf } from '../bencode.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'

/**
 * A message of ut_metadata, which carries the info dictionary in pieces of 16 KiB. `piece` is any integer from 0,
 * because a request for a piece that does not exist is rejected with the same index.
 * @see https://www.bittorrent.org/beps/bep_0009.html "extension message"
 */
export type MetadataMessage =
  | { readonly type: 'request'; readonly piece: number }
  | {
      readonly type: 'data'
      readonly piece: number
      /** Size of the whole metadata in bytes; undefined when absent or not a valid number, as from some clients. */
      readonly totalSize: number | undefined
      /** At most 16 KiB. */
      readonly data: Uint8Array
    }
  | { readonly type: 'reject'; readonly piece: number }
  /** An undefined `msg_type`, which must be ignored (BEP 9). */
  | { readonly type: 'unknown'; readonly messageType: number }

const REQUEST = 0
const DATA = 1
const REJECT = 2

/**
 * Decodes a ut_metadata payload. The dictionary ends where its bencoding ends, whatever its strings contain.
 * `data` shares memory with `payload`. The caller must check that the piece was requested and has the length that
 * `metadataPieceLength` returns.
 */
export function decodeMetadataMessage(payload: Uint8Array): DecodeResult<MetadataMessage> {
  const decoded = decodeBencodeDictionary(payload)
  if (!decoded.ok) return decoded
  const messageType = integerOf(decoded.value, 'msg_type')
  if (messageType === undefined) return malformed('no integer msg_type')
  if (messageType !== REQUEST && messageType !== DATA && messageType !== REJECT) {
    return { ok: true, value: { type: 'unknown', messageType } }
  }
  const piece = integerOf(decoded.value, 'piece')
  if (piece === undefined || piece < 0) return malformed('no integer piece from 0')
  const data = payload.subarray(decoded.length)
  if (messageType === DATA) {
    if (data.length > METADATA_PIECE_LENGTH) {
      return malformed(`${data.length} bytes of data, at most ${METADATA_PIECE_LENGTH}`, decoded.length)
    }
    const size = integerOf(decoded.value, 'total_size')
    const totalSize = size !== undefined && size > 0 ? size : undefined
    return { ok: true, value: { type: 'data', piece, totalSize, data } }
  }
  if (data.length > 0) return malformed(`${data.length} bytes after the dictionary`, decoded.length)
  return { ok: true, value: { type: messageType === REQUEST ? 'request' : 'reject', piece } }
}

/**
 * The payload of a ut_metadata message.
 * @throws RangeError for more than 16 KiB of data
 */
export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  if (message.type === 'data') return encodeData(message)
  if (message.type === 'unknown') return encodeBencode({ msg_type: message.messageType })
  return encodeBencode({ msg_type: message.type === 'request' ? REQUEST : REJECT, piece: message.piece })
}

/** Number of pieces of `size` bytes of metadata. */
export function metadataPieceCount(size: number): number {
  return Math.ceil(size / METADATA_PIECE_LENGTH)
}

/** Length of one piece of `size` bytes of metadata: 16 KiB, less for the last one, 0 for one that does not exist. */
export function metadataPieceLength(piece: number, size: number): number {
  if (piece < 0) return 0
  return Math.min(METADATA_PIECE_LENGTH, Math.max(0, size - piece * METADATA_PIECE_LENGTH))
}

function encodeData({ piece, totalSize, data }: Extract<MetadataMessage, { type: 'data' }>): Uint8Array {
  if (data.length > METADATA_PIECE_LENGTH) throw new RangeError(`${data.length} bytes of metadata`)
  return concat([encodeBencode({ msg_type: DATA, piece, total_size: totalSize }), data])
}
