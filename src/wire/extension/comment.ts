import { decodeUtf8 } from '../../base/bytes.ts'
import { MAX_COMMENTS } from '../../base/limits.ts'
import { bytesOf, decodeBencodeDictionary, integerOf, listOf, type BencodeValue } from '../bencode.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'

/** A message of ut_comment, µTorrent's comments on a torrent. It is decoded for display and never sent. */
export type CommentMessage =
  | { readonly type: 'request'; readonly count: number | undefined }
  | { readonly type: 'comments'; readonly comments: readonly TorrentComment[] }
  | { readonly type: 'unknown'; readonly messageType: number }

/** One comment; members that are absent or have the wrong type are undefined. Untrusted text: escape it before display. */
export interface TorrentComment {
  readonly owner: string | undefined
  readonly text: string | undefined
  /** 0 to 5 stars. */
  readonly like: number | undefined
  readonly ageSeconds: number | undefined
}

/** Decodes a ut_comment payload; at most 100 comments are read. No BEP defines it: the format is that of I2PSnark. */
export function decodeCommentMessage(payload: Uint8Array): DecodeResult<CommentMessage> {
  const decoded = decodeBencodeDictionary(payload)
  if (!decoded.ok) return decoded
  const messageType = integerOf(decoded.value, 'msg_type')
  if (messageType === undefined) return malformed('no integer msg_type')
  if (messageType === 0) {
    return { ok: true, value: { type: 'request', count: integerOf(decoded.value, 'num') } }
  }
  if (messageType !== 1) return { ok: true, value: { type: 'unknown', messageType } }
  const comments = (listOf(decoded.value, 'comments') ?? []).slice(0, MAX_COMMENTS).flatMap(readComment)
  return { ok: true, value: { type: 'comments', comments } }
}

function readComment(value: BencodeValue): readonly TorrentComment[] {
  if (!(value instanceof Map)) return []
  const text = (key: string): string | undefined => {
    const bytes = bytesOf(value, key)
    return bytes && decodeUtf8(bytes)
  }
  const [like, ageSeconds] = [integerOf(value, 'like'), integerOf(value, 'timestamp')]
  return [{ owner: text('owner'), text: text('text'), like, ageSeconds }]
}
