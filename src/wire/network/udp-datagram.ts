import { readUint16 } from '../../base/bytes.ts'
import { type DecodeResult, malformed } from '../decode-result.ts'
import { internetChecksum, sumWords } from './checksum.ts'
import type { PacketMemory } from './packet-memory.ts'

/** The ports of a datagram. */
export interface UdpHeader {
  readonly sourcePort: number
  readonly destinationPort: number
}

/** A datagram. Shares memory with what was decoded. */
export interface UdpDatagram extends UdpHeader {
  readonly payload: Uint8Array
}

export const UDP_HEADER_LENGTH = 8

/** Decodes the payload of an IP packet as UDP (RFC 768). Never throws. */
export function decodeUdpDatagram(bytes: Uint8Array): DecodeResult<UdpDatagram> {
  if (bytes.length < UDP_HEADER_LENGTH) return malformed('the UDP header is cut', bytes.length)
  // 0 where the network card segments for the system
  const length = readUint16(bytes, 4) || bytes.length
  if (length < UDP_HEADER_LENGTH) return malformed('the UDP datagram is shorter than its header', 4)
  return {
    ok: true,
    value: {
      sourcePort: readUint16(bytes, 0),
      destinationPort: readUint16(bytes, 2),
      payload: bytes.subarray(UDP_HEADER_LENGTH, length),
    },
  }
}

/**
 * Writes a header at `at`, with the checksum over it and the payload, which is there after it.
 * @param end of the payload
 * @param pseudoHeader from `writeIpHeader`
 */
export function writeUdpHeader(
  { view }: PacketMemory,
  at: number,
  end: number,
  header: UdpHeader,
  pseudoHeader: number,
): void {
  view.setUint16(at, header.sourcePort)
  view.setUint16(at + 2, header.destinationPort)
  view.setUint16(at + 4, end - at)
  // 0 would say that there is none
  view.setUint16(at + 6, internetChecksum(sumWords(view, at, end, pseudoHeader)) || 0xffff)
}
