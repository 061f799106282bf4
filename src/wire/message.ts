import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts'
import { MAX_FRAME_LENGTH, MAX_HASHES, MAX_UNKNOWN_FRAME_LENGTH } from '../base/limits.ts'
import {
  decodeHashRequest,
  HASH_LENGTH,
  HASH_REQUEST_LENGTH,
  writeHashRequest,
  type HashRequest,
} from './hash-request.ts'

/** A range of a piece: `begin` and `length` are bytes, `piece` is an index. */
export interface BlockRange {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** Everything that can stand in a frame. Byte arrays of a decoded message share memory with its frame. */
export type Message =
  | { readonly type: 'keep-alive' }
  | { readonly type: 'choke' | 'unchoke' | 'interested' | 'not-interested' | 'have-all' | 'have-none' }
  | { readonly type: 'have' | 'suggest' | 'allowed-fast'; readonly piece: number }
  | { readonly type: 'bitfield'; /** Piece 0 is the high bit of byte 0. */ readonly bits: Uint8Array }
  | (BlockRange & { readonly type: 'request' | 'cancel' | 'reject' })
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly block: Uint8Array }
  | { readonly type: 'port'; /** UDP port of the sender's DHT node. */ readonly port: number }
  /** `id` 0 is the extension handshake; any other is the number that the receiver gave the extension. */
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | { readonly type: 'hash-request' | 'hash-reject'; readonly request: HashRequest }
  | {
      readonly type: 'hashes'
      readonly request: HashRequest
      /** 32 bytes each, one after the other. */ readonly hashes: Uint8Array
    }
  /** An id that no BEP defines. */
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array }
  /** A known id whose payload does not have its layout. */
  | { readonly type: 'malformed'; readonly id: number; readonly payload: Uint8Array; readonly reason: string }

export type MessageType = Message['type']

/** The ids of BEP 3, 5, 6, 10 and 52. */
export const MessageId = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
  'hash-request': 21,
  hashes: 22,
  'hash-reject': 23,
} as const

export type MessageName = keyof typeof MessageId

// one object each: a message without fields is the same every time
const KEEP_ALIVE: Message = { type: 'keep-alive' }
const CHOKE: Message = { type: 'choke' }
const UNCHOKE: Message = { type: 'unchoke' }
const INTERESTED: Message = { type: 'interested' }
const NOT_INTERESTED: Message = { type: 'not-interested' }
const HAVE_ALL: Message = { type: 'have-all' }
const HAVE_NONE: Message = { type: 'have-none' }

/** How the payload of one message is read. The frame's length prefix is one more than the payload, for the id. */
interface MessageLayout {
  readonly name: MessageName
  /** Fewest and most payload bytes. */
  readonly min: number
  readonly max: number
  readonly reference: string
  /** `size` bytes of payload at `at`, within `min` and `max`. */
  readonly decode: (bytes: Uint8Array, at: number, size: number) => Message
}

const HASHES_PAYLOAD = HASH_REQUEST_LENGTH + HASH_LENGTH * MAX_HASHES

// prettier-ignore
const LAYOUTS: readonly MessageLayout[] = [
  { name: 'choke', min: 0, max: 0, reference: 'BEP 3', decode: () => CHOKE },
  { name: 'unchoke', min: 0, max: 0, reference: 'BEP 3', decode: () => UNCHOKE },
  { name: 'interested', min: 0, max: 0, reference: 'BEP 3', decode: () => INTERESTED },
  { name: 'not-interested', min: 0, max: 0, reference: 'BEP 3', decode: () => NOT_INTERESTED },
  { name: 'have', min: 4, max: 4, reference: 'BEP 3', decode: (bytes, at) => ({ type: 'have', piece: readUint32(bytes, at) }) },
  { name: 'bitfield', min: 0, max: MAX_FRAME_LENGTH - 1, reference: 'BEP 3', decode: (bytes, at, size) => ({ type: 'bitfield', bits: bytes.subarray(at, at + size) }) },
  { name: 'request', min: 12, max: 12, reference: 'BEP 3', decode: (bytes, at) => decodeRange('request', bytes, at) },
  { name: 'piece', min: 8, max: MAX_FRAME_LENGTH - 1, reference: 'BEP 3', decode: decodePiece },
  { name: 'cancel', min: 12, max: 12, reference: 'BEP 3', decode: (bytes, at) => decodeRange('cancel', bytes, at) },
  { name: 'port', min: 2, max: 2, reference: 'BEP 5', decode: (bytes, at) => ({ type: 'port', port: readUint16(bytes, at) }) },
  { name: 'suggest', min: 4, max: 4, reference: 'BEP 6', decode: (bytes, at) => ({ type: 'suggest', piece: readUint32(bytes, at) }) },
  { name: 'have-all', min: 0, max: 0, reference: 'BEP 6', decode: () => HAVE_ALL },
  { name: 'have-none', min: 0, max: 0, reference: 'BEP 6', decode: () => HAVE_NONE },
  { name: 'reject', min: 12, max: 12, reference: 'BEP 6', decode: (bytes, at) => decodeRange('reject', bytes, at) },
  { name: 'allowed-fast', min: 4, max: 4, reference: 'BEP 6', decode: (bytes, at) => ({ type: 'allowed-fast', piece: readUint32(bytes, at) }) },
  { name: 'extended', min: 1, max: MAX_FRAME_LENGTH - 1, reference: 'BEP 10', decode: (bytes, at, size) => ({ type: 'extended', id: bytes[at] as number, payload: bytes.subarray(at + 1, at + size) }) },
  { name: 'hash-request', min: HASH_REQUEST_LENGTH, max: HASH_REQUEST_LENGTH, reference: 'BEP 52', decode: (bytes, at, size) => ({ type: 'hash-request', request: decodeHashRequest(bytes.subarray(at, at + size)) }) },
  { name: 'hashes', min: HASH_REQUEST_LENGTH, max: HASHES_PAYLOAD, reference: 'BEP 52', decode: decodeHashes },
  { name: 'hash-reject', min: HASH_REQUEST_LENGTH, max: HASH_REQUEST_LENGTH, reference: 'BEP 52', decode: (bytes, at, size) => ({ type: 'hash-reject', request: decodeHashRequest(bytes.subarray(at, at + size)) }) },
]

const LAYOUT_OF_ID: readonly (MessageLayout | undefined)[] = Array.from({ length: 256 }, (_, id) =>
  LAYOUTS.find(({ name }) => MessageId[name] === id),
)

/** Name and BEP of a message id; undefined when no BEP defines it. */
export function describeMessageId(
  id: number,
): { readonly name: MessageName; readonly reference: string } | undefined {
  return LAYOUT_OF_ID[id]
}

/** True when a message of this id and size has fixed fields only, and so shares no memory with its frame. */
export function isCopied(id: number, size: number): boolean {
  const layout = LAYOUT_OF_ID[id]
  return layout !== undefined && layout.max <= 12 && size - 1 === layout.max
}

/** Longest length prefix of any message, in bytes: above it nothing can be framed, whatever the id. */
export const MAX_LENGTH_PREFIX = 1 + Math.max(...LAYOUTS.map(({ max }) => max))

/**
 * Longest length prefix that is read for an id, in bytes. Messages of one exact length are read up to
 * `MAX_UNKNOWN_FRAME_LENGTH`, so that a wrong length can be shown as `malformed` instead of ending the session.
 */
export function maxLengthPrefix(id: number): number {
  return Math.max(1 + (LAYOUT_OF_ID[id]?.max ?? 0), MAX_UNKNOWN_FRAME_LENGTH)
}

/**
 * Decodes what stands behind a length prefix. Total: what cannot be read becomes `unknown` or `malformed`.
 *
 * @param frame id and payload; empty for a keep-alive. Shared with the result, not copied.
 */
export function decodeMessage(frame: Uint8Array): Message {
  return decodeMessageAt(frame, 0, frame.length)
}

/** As `decodeMessage`, for `length` bytes at `start` of a larger buffer; saves a view for each small message. */
export function decodeMessageAt(bytes: Uint8Array, start: number, length: number): Message {
  if (length === 0) return KEEP_ALIVE
  const id = bytes[start] as number
  const at = start + 1
  const size = length - 1
  const layout = LAYOUT_OF_ID[id]
  if (layout === undefined) return { type: 'unknown', id, payload: bytes.subarray(at, at + size) }
  if (size < layout.min || size > layout.max) return malformed(layout, id, bytes.subarray(at, at + size))
  return layout.decode(bytes, at, size)
}

function decodeRange(type: 'request' | 'cancel' | 'reject', bytes: Uint8Array, at: number): Message {
  return {
    type,
    piece: readUint32(bytes, at),
    begin: readUint32(bytes, at + 4),
    length: readUint32(bytes, at + 8),
  }
}

function decodePiece(bytes: Uint8Array, at: number, size: number): Message {
  const block = bytes.subarray(at + 8, at + size)
  return { type: 'piece', piece: readUint32(bytes, at), begin: readUint32(bytes, at + 4), block }
}

function decodeHashes(bytes: Uint8Array, at: number, size: number): Message {
  const payload = bytes.subarray(at, at + size)
  const hashes = payload.subarray(HASH_REQUEST_LENGTH)
  if (hashes.length % HASH_LENGTH !== 0) {
    const reason = `hashes wants whole hashes of ${HASH_LENGTH} bytes, got ${hashes.length} bytes`
    return { type: 'malformed', id: MessageId.hashes, payload, reason }
  }
  return { type: 'hashes', request: decodeHashRequest(payload), hashes }
}

function malformed(layout: MessageLayout, id: number, payload: Uint8Array): Message {
  const { name, min, max } = layout
  const wanted = min === max ? `${min}` : `${min} to ${max}`
  return {
    type: 'malformed',
    id,
    payload,
    reason: `${name} wants ${wanted} payload bytes, got ${payload.length}`,
  }
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
      return 13 + message.block.length
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

/** Encodes messages one after the other into one buffer, so that they can leave in one write. */
export function encodeMessages(messages: readonly Message[]): Uint8Array {
  let length = 0
  for (const message of messages) length += encodedLength(message)
  const bytes = new Uint8Array(length)
  let at = 0
  for (const message of messages) at = writeMessage(bytes, at, message)
  return bytes
}

/**
 * Writes one message at `at` and returns the position behind it.
 * @throws RangeError when the buffer ends before the message does
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

const REQUEST_LENGTH = 17

/**
 * Encodes many requests into one buffer: what a download sends, without the cost of an object a message.
 * @returns 17 bytes a request
 */
export function encodeRequests(ranges: readonly BlockRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * REQUEST_LENGTH)
  let at = 0
  for (const { piece, begin, length } of ranges) {
    bytes[at + 3] = REQUEST_LENGTH - 4
    bytes[at + 4] = MessageId.request
    writeUint32(bytes, at + 5, piece)
    writeUint32(bytes, at + 9, begin)
    writeUint32(bytes, at + 13, length)
    at += REQUEST_LENGTH
  }
  return bytes
}
