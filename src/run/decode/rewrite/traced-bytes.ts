import { concat, encodeUtf8, fromHex } from '../../../base/bytes.ts'
import { MAX_FRAME_LENGTH } from '../../../base/limits.ts'
import type { TraceEvent, TraceMessage, TraceMetadata } from '../../../trace/event.ts'
import { encodeBencode } from '../../../wire/bencode.ts'
import { encodeHandshake } from '../../../wire/handshake/handshake.ts'
import { writeHashRequest } from '../../../wire/message/hash-request.ts'
import { MessageId } from '../../../wire/message/id.ts'
import { PREFIX_LENGTH } from '../../../wire/message/length-prefix.ts'

type Said = Extract<TraceEvent, { readonly what: 'handshake' | 'message' }>

/** The bytes that an event of a trace says, no longer than a message can be. What a trace does not have, as the data of a block, is zeros. */
export function tracedBytes(event: Said): Uint8Array {
  if (event.what === 'handshake') {
    const { reserved, infoHash, peerId } = event.handshake
    return encodeHandshake({
      reserved: fromHex(reserved),
      infoHash: fromHex(infoHash),
      peerId: fromHex(peerId),
    })
  }
  const { message } = event
  // a trace can claim any length
  const length = Math.max(event.length, PREFIX_LENGTH)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length - PREFIX_LENGTH)
  if (message.type === 'keep-alive') return bytes
  const [id, ...parts] = fieldsOf(message)
  bytes[PREFIX_LENGTH] = id
  let at = PREFIX_LENGTH + 1
  for (const part of parts) {
    if (at >= length) break
    bytes.set(part.subarray(0, Math.max(0, length - at)), at)
    at += part.length
  }
  return bytes
}

/** The id of a message, and what follows it. */
function fieldsOf(
  message: Exclude<TraceMessage, { readonly type: 'keep-alive' }>,
): readonly [id: number, ...parts: readonly Uint8Array[]] {
  switch (message.type) {
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return [MessageId[message.type], numbers(message.piece)]
    case 'bitfield':
      return [MessageId.bitfield, fromHex(message.bits)]
    case 'request':
    case 'cancel':
    case 'reject':
      return [MessageId[message.type], numbers(message.piece, message.begin, message.length)]
    case 'piece':
      return [MessageId.piece, numbers(message.piece, message.begin)]
    case 'port':
      return [MessageId.port, Uint8Array.of(message.port >> 8, message.port & 0xff)]
    case 'extended':
      return [MessageId.extended, Uint8Array.of(message.id), extensionContent(message)]
    case 'hash-request':
    case 'hash-reject': {
      const fields = new Uint8Array(48)
      const { request } = message
      writeHashRequest(fields, 0, { ...request, piecesRoot: fromHex(request.piecesRoot) })
      return [MessageId[message.type], fields]
    }
    case 'hashes':
      return [MessageId.hashes]
    case 'unknown':
    case 'malformed':
      return [message.id]
    default:
      return [MessageId[message.type as 'choke']]
  }
}

/** Without the id. Dictionaries that a trace does not have are one with a member of dots. */
function extensionContent({
  payload,
  metadata,
  defects,
  extension,
  length: claimed,
}: Extract<TraceMessage, { readonly type: 'extended' }>): Uint8Array {
  const length = Math.min(claimed, MAX_FRAME_LENGTH)
  if (payload !== undefined) return fromHex(payload)
  if (metadata !== undefined) return metadataHeader(metadata)
  if (extension === 'ut_pex' && defects === undefined) return dictionaryOfLength(length)
  return new Uint8Array(length)
}

const KINDS = { request: 0, data: 1, reject: 2 } as const

function metadataHeader({ kind, piece, totalSize }: TraceMetadata): Uint8Array {
  const size = totalSize === undefined ? {} : { total_size: totalSize }
  return encodeBencode({ msg_type: KINDS[kind], piece, ...size })
}

/** `d1:x5:.....e`; zeros if there is none of this length. */
function dictionaryOfLength(length: number): Uint8Array {
  for (let digits = 1; digits <= 7; digits++) {
    const value = length - 'd1:x:e'.length - digits
    if (String(value).length === digits && value >= 0)
      return concat([encodeUtf8(`d1:x${value}:`), new Uint8Array(value).fill(0x2e), encodeUtf8('e')])
  }
  return length === 2 ? encodeUtf8('de') : new Uint8Array(length)
}

function numbers(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value)
  return new Uint8Array(view.buffer)
}
