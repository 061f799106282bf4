import { readUint16, writeUint16 } from '../../base/bytes.ts'
import { type DecodeResult, malformed } from '../decode-result.ts'
import { internetChecksum, sumWords } from './checksum.ts'

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
 * Writes a header at the start of `datagram`, whose rest is the payload, with the checksum over both.
 * @param pseudoHeader from `sumPseudoHeader`
 */
export function writeUdpHeader(datagram: Uint8Array, header: UdpHeader, pseudoHeader: number): void {
  writeUint16(datagram, 0, header.sourcePort)
  writeUint16(datagram, 2, header.destinationPort)
  writeUint16(datagram, 4, datagram.length)
  // 0 would say that there is none
  writeUint16(datagram, 6, internetChecksum(sumWords(datagram, pseudoHeader)) || 0xffff)
}
