import { readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts'
import {
  decodeHashRequest,
  HASH_LENGTH,
  HASH_REQUEST_LENGTH,
  writeHashRequest,
  type HashRequest,
} from './hash-request.ts'
import { describeMessageId, MessageId } from './id.ts'

/** Length of what precedes the payload of an extended message: length prefix, id and sub-id, in bytes. */
export const EXTENDED_HEAD_LENGTH = 6

/** Length of what precedes a block in its message: length prefix, id, piece and begin. */
export const PIECE_HEAD_LENGTH = 13

/** Length of a *request* with its length prefix. */
export const REQUEST_LENGTH = 17

/** A range of a piece: `begin` and `length` are bytes, `piece` is an index. */
export interface BlockRange {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** Any message. Byte arrays of a decoded message share memory with its frame. */
export type Message =
  | { readonly type: 'keep-alive' }
  | { readonly type: 'choke' | 'unchoke' | 'interested' | 'not-interested' | 'have-all' | 'have-none' }
  | { readonly type: 'have' | 'suggest' | 'allowed-fast'; readonly piece: number }
  | { readonly type: 'bitfield'; /** Piece 0 is the high bit of byte 0. */ readonly bits: Uint8Array }
  | (BlockRange & { readonly type: 'request' | 'cancel' | 'reject' })
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly block: Uint8Array }
  | { readonly type: 'port'; /** UDP port of the sender's DHT node. */ readonly port: number }
  /** `id` 0 is the extension handshake; any other is the id that the receiver announced for the extension. */
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | { readonly type: 'hash-request' | 'hash-reject'; readonly request: HashRequest }
  | {
      readonly type: 'hashes'
      readonly request: HashRequest
      /** 32 bytes each, concatenated. */ readonly hashes: Uint8Array
    }
  /** An id that no BEP defines. */
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array }
  /** A known id with an invalid payload. */
  | { readonly type: 'malformed'; readonly id: number; readonly payload: Uint8Array; readonly reason: string }

/** Whether a message announces all pieces of its sender at once. */
export function isAvailability({ type }: { readonly type: string }): boolean {
  return type === 'bitfield' || type === 'have-all' || type === 'have-none'
}

/** The `type` of a message, including `keep-alive`, `unknown` and `malformed`. */
export type MessageType = Message['type']

const KEEP_ALIVE: Message = { type: 'keep-alive' }

/** By id, one shared object per message without fields. */
const FIELDLESS: readonly (Message | undefined)[] = fieldlessMessages()

function fieldlessMessages(): (Message | undefined)[] {
  const names = ['choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none'] as const
  const messages: (Message | undefined)[] = []
  for (const type of names) messages[MessageId[type]] = { type }
  return messages
}

/**
 * Decodes a frame without its length prefix. Never throws: invalid frames become `unknown` or `malformed`. The caller must
 * limit the length of frames (`maxLengthPrefix`).
 *
 * @param frame id and payload; empty for a keep-alive. Shared with the result, not copied.
 */
export function decodeMessage(frame: Uint8Array): Message {
  return decodeMessageAt(frame, 0, frame.length)
}

/** Like `decodeMessage`, for `length` bytes at `start` of a larger buffer; avoids a view for each small message. */
export function decodeMessageAt(bytes: Uint8Array, start: number, length: number): Message {
  if (length === 0) return KEEP_ALIVE
  const id = bytes[start] as number
  const at = start + 1
  const end = start + length
  // literal numbers, which engines compile to a jump table; a test compares them with MessageId
  switch (id) {
    case 4:
      if (length === 5) return { type: 'have', piece: readUint32(bytes, at) }
      break
    case 5:
      return { type: 'bitfield', bits: bytes.subarray(at, end) }
    case 6:
      if (length === 13) return decodeRange('request', bytes, at)
      break
    case 7:
      if (length >= 9) return decodePiece(bytes, at, end)
      break
    case 8:
      if (length === 13) return decodeRange('cancel', bytes, at)
      break
    case 9:
      if (length === 3) return { type: 'port', port: readUint16(bytes, at) }
      break
    case 13:
      if (length === 5) return { type: 'suggest', piece: readUint32(bytes, at) }
      break
    case 16:
      if (length === 13) return decodeRange('reject', bytes, at)
      break
    case 17:
      if (length === 5) return { type: 'allowed-fast', piece: readUint32(bytes, at) }
      break
    case 20:
      if (length >= 2)
        return { type: 'extended', id: bytes[at] as number, payload: bytes.subarray(at + 1, end) }
      break
    case 21:
    case 22:
    case 23:
      return decodeHashMessage(id, bytes.subarray(at, end))
  }
  return (length === 1 ? FIELDLESS[id] : undefined) ?? unreadable(id, bytes.subarray(at, end))
}

function decodeRange(type: 'request' | 'cancel' | 'reject', bytes: Uint8Array, at: number): Message {
  return {
    type,
    piece: readUint32(bytes, at),
    begin: readUint32(bytes, at + 4),
    length: readUint32(bytes, at + 8),
  }
}

function decodePiece(bytes: Uint8Array, at: number, end: number): Message {
  const block = bytes.subarray(at + 8, end)
  return { type: 'piece', piece: readUint32(bytes, at), begin: readUint32(bytes, at + 4), block }
}

function decodeHashMessage(id: 21 | 22 | 23, payload: Uint8Array): Message {
  const spare = payload.length - HASH_REQUEST_LENGTH
  if (spare < 0 || (id !== MessageId.hashes && spare > 0)) return unreadable(id, payload)
  const request = decodeHashRequest(payload)
  if (id !== MessageId.hashes) {
    return { type: id === MessageId['hash-request'] ? 'hash-request' : 'hash-reject', request }
  }
  if (spare % HASH_LENGTH === 0)
    return { type: 'hashes', request, hashes: payload.subarray(HASH_REQUEST_LENGTH) }
  const reason = `hashes: expected whole hashes of ${HASH_LENGTH} bytes, got ${spare} bytes`
  return { type: 'malformed', id, payload, reason }
}

function unreadable(id: number, payload: Uint8Array): Message {
  const description = describeMessageId(id)
  if (description === undefined) return { type: 'unknown', id, payload }
  const { name, min, max } = description
  const wanted = min === max ? `${min}` : `${min} to ${max}`
  const reason = `${name}: expected a payload of ${wanted} bytes, got ${payload.length}`
  return { type: 'malformed', id, payload, reason }
}

/** Length of the encoded message with its length prefix, in bytes. */
export function encodedLength(message: Message): number {
  switch (message.type) {
    case 'keep-alive':
      return 4
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return 5
    case 'port':
      return 7
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return 9
    case 'request':
    case 'cancel':
    case 'reject':
      return 17
    case 'bitfield':
      return 5 + message.bits.length
    case 'piece':
      return PIECE_HEAD_LENGTH + message.block.length
    case 'extended':
      return 6 + message.payload.length
    case 'hash-request':
    case 'hash-reject':
      return 5 + HASH_REQUEST_LENGTH
    case 'hashes':
      return 5 + HASH_REQUEST_LENGTH + message.hashes.length
    case 'unknown':
    case 'malformed':
      return 5 + message.payload.length
  }
}

/** Encodes one message with its length prefix: the exact inverse of decoding, for every type. */
export function encodeMessage(message: Message): Uint8Array {
  return encodeMessages([message])
}

/** Encodes messages one after the other into one buffer, so that they can be sent in one write. */
export function encodeMessages(messages: readonly Message[]): Uint8Array {
  let length = 0
  for (const message of messages) length += encodedLength(message)
  const bytes = new Uint8Array(length)
  let at = 0
  for (const message of messages) at = writeMessage(bytes, at, message)
  return bytes
}

/**
 * Writes one message at `at` and returns the position after it.
 * @throws RangeError when the message does not fit in the buffer
 */
export function writeMessage(bytes: Uint8Array, at: number, message: Message): number {
  const length = encodedLength(message)
  if (at + length > bytes.length) throw new RangeError(`message of ${length} bytes does not fit at ${at}`)
  writeUint32(bytes, at, length - 4)
  if (message.type === 'keep-alive') return at + 4
  bytes[at + 4] =
    message.type === 'unknown' || message.type === 'malformed' ? message.id : MessageId[message.type]
  writePayload(bytes, at + 5, message)
  return at + length
}

function writePayload(
  bytes: Uint8Array,
  at: number,
  message: Exclude<Message, { type: 'keep-alive' }>,
): void {
  switch (message.type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      writeUint32(bytes, at, message.piece)
      return
    case 'request':
    case 'cancel':
    case 'reject':
      writeUint32(bytes, at, message.piece)
      writeUint32(bytes, at + 4, message.begin)
      writeUint32(bytes, at + 8, message.length)
      return
    case 'bitfield':
      bytes.set(message.bits, at)
      return
    case 'piece':
      writeUint32(bytes, at, message.piece)
      writeUint32(bytes, at + 4, message.begin)
      bytes.set(message.block, at + 8)
      return
    case 'port':
      writeUint16(bytes, at, message.port)
      return
    case 'extended':
      bytes[at] = message.id
      bytes.set(message.payload, at + 1)
      return
    case 'hash-request':
    case 'hash-reject':
      writeHashRequest(bytes, at, message.request)
      return
    case 'hashes':
      writeHashRequest(bytes, at, message.request)
      bytes.set(message.hashes, at + HASH_REQUEST_LENGTH)
      return
    case 'unknown':
    case 'malformed':
      bytes.set(message.payload, at)
  }
}

/**
 * Encodes many requests into one buffer. For clients that write to their own socket: a session of ours reports each message
 * that it sends, and so needs an object for each one.
 * @returns 17 bytes for each request
 */
export function encodeRequests(ranges: readonly BlockRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * REQUEST_LENGTH)
  // one store per number instead of four; a view would not pay for a single message
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { piece, begin, length } of ranges) {
    bytes[at + 3] = REQUEST_LENGTH - 4
    bytes[at + 4] = MessageId.request
    view.setUint32(at + 5, piece)
    view.setUint32(at + 9, begin)
    view.setUint32(at + 13, length)
    at += REQUEST_LENGTH
  }
  return bytes
}
