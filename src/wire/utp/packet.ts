import { readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts'
import { MAX_UTP_EXTENSIONS } from '../../base/limits.ts'

/** Length of the fixed uTP header, in bytes. */
export const UTP_HEADER_LENGTH = 20

/** Packet types in the order of their numbers: 0 data, 1 fin, 2 state, 3 reset, 4 syn. */
const TYPES = ['data', 'fin', 'state', 'reset', 'syn'] as const
/** The type of a packet, by name. */
export type UtpPacketType = (typeof TYPES)[number]

const TYPE_NUMBERS: Readonly<Record<UtpPacketType, number>> = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 }
const VERSION = 1

const SELECTIVE_ACK = 1
const CLOSE_REASON = 3
const CLOSE_REASON_LENGTH = 4

/** The fixed 20 bytes of a packet (BEP 29). Numbers of packets are 16 bits and wrap. */
export interface UtpHeader {
  readonly type: UtpPacketType
  readonly connectionId: number
  /** The sender's clock in microseconds, modulo 2^32. */
  readonly timestamp: number
  /** The sender's measurement for the last packet it received: its clock minus that packet's timestamp, modulo 2^32. */
  readonly timestampDifference: number
  /** Receive window of the sender, in bytes. */
  readonly windowSize: number
  readonly sequenceNumber: number
  /** The last packet that the sender received in order. */
  readonly acknowledged: number
}

/** A complete packet: header, known extensions, payload. */
export interface UtpPacket extends UtpHeader {
  /** Mask of packets received out of order (extension 1), see `decodeSelectiveAck`. */
  readonly selectiveAck: Uint8Array | undefined
  /** Why libtorrent closes (extension 3), see `utpCloseReasonName`. */
  readonly closeReason: number | undefined
  readonly payload: Uint8Array
}

/** The packet, or why a datagram is not one. An error by the peer is data, never an exception. */
export type UtpPacketResult =
  | { readonly ok: true; readonly packet: UtpPacket }
  | { readonly ok: false; readonly reason: string; /** Where in the datagram. */ readonly offset: number }

/**
 * Decodes one datagram. Pure, linear, never throws; selective ack and payload share memory with `bytes`. Unknown
 * extensions are skipped, a chain that does not end inside the datagram makes it invalid.
 * @see https://www.bittorrent.org/beps/bep_0029.html "header format"
 */
export function decodeUtpPacket(bytes: Uint8Array): UtpPacketResult {
  if (bytes.length < UTP_HEADER_LENGTH) return invalid('shorter than 20 bytes', bytes.length)
  const first = bytes[0] as number
  if ((first & 0x0f) !== VERSION) return invalid('version is not 1', 0)
  const type = TYPES[first >> 4]
  if (type === undefined) return invalid('unknown type', 0)

  let selectiveAck: Uint8Array | undefined
  let closeReason: number | undefined
  let at = UTP_HEADER_LENGTH
  let extension = bytes[1] as number
  for (let count = 0; extension !== 0; count++) {
    if (count === MAX_UTP_EXTENSIONS) return invalid('too many extensions', at)
    if (at + 2 > bytes.length) return invalid('truncated extension', at)
    const start = at + 2
    const end = start + (bytes[at + 1] as number)
    if (end > bytes.length) return invalid('truncated extension', at)
    if (extension === SELECTIVE_ACK) {
      if (end === start) return invalid('empty selective ack', at)
      selectiveAck ??= viewOf(bytes, start, end)
    } else if (extension === CLOSE_REASON && end - start === CLOSE_REASON_LENGTH) {
      closeReason ??= readUint16(bytes, start + 2)
    }
    extension = bytes[at] as number
    at = end
  }
  return {
    ok: true,
    packet: {
      type,
      connectionId: readUint16(bytes, 2),
      timestamp: readUint32(bytes, 4),
      timestampDifference: readUint32(bytes, 8),
      windowSize: readUint32(bytes, 12),
      sequenceNumber: readUint16(bytes, 16),
      acknowledged: readUint16(bytes, 18),
      selectiveAck,
      closeReason,
      payload: viewOf(bytes, at, bytes.length),
    },
  }
}

/**
 * Encodes a packet; its extensions in the order selective ack, close reason.
 * @throws RangeError when the selective ack does not fit its length byte
 */
export function encodeUtpPacket(packet: UtpPacket): Uint8Array {
  const { selectiveAck, closeReason, payload } = packet
  const chain: [type: number, content: Uint8Array][] = []
  if (selectiveAck !== undefined) chain.push([SELECTIVE_ACK, selectiveAck])
  if (closeReason !== undefined) {
    const content = new Uint8Array(CLOSE_REASON_LENGTH)
    writeUint16(content, 2, closeReason)
    chain.push([CLOSE_REASON, content])
  }
  const extensionsLength = chain.reduce((length, [, content]) => length + 2 + content.length, 0)
  const bytes = new Uint8Array(UTP_HEADER_LENGTH + extensionsLength + payload.length)
  writeUtpHeader(bytes, packet)
  bytes[1] = chain[0]?.[0] ?? 0
  let at = UTP_HEADER_LENGTH
  for (const [index, [, content]] of chain.entries()) {
    if (content.length > 0xff) throw new RangeError(`extension of ${content.length} bytes, at most 255`)
    bytes[at] = chain[index + 1]?.[0] ?? 0
    bytes[at + 1] = content.length
    bytes.set(content, at + 2)
    at += 2 + content.length
  }
  bytes.set(payload, at)
  return bytes
}

/** Writes the 20 header bytes, with no extension, at the start of `bytes`: a sender writes its payload after them once. */
export function writeUtpHeader(bytes: Uint8Array, header: UtpHeader): void {
  bytes[0] = (TYPE_NUMBERS[header.type] << 4) | VERSION
  bytes[1] = 0
  writeUint16(bytes, 2, header.connectionId)
  writeUint32(bytes, 4, header.timestamp)
  writeUint32(bytes, 8, header.timestampDifference)
  writeUint32(bytes, 12, header.windowSize)
  writeUint16(bytes, 16, header.sequenceNumber)
  writeUint16(bytes, 18, header.acknowledged)
}

/** Like `subarray`, but never a Buffer, whose `slice` is a view: callers that expect a copy would see bytes change. */
function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

function invalid(reason: string, offset: number): UtpPacketResult {
  return { ok: false, reason, offset }
}
