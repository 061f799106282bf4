import { readUint16, readUint32 } from '../../base/bytes.ts'
import { type DecodeResult, malformed } from '../decode-result.ts'
import { internetChecksum, sumWords } from './checksum.ts'
import type { PacketMemory } from './packet-memory.ts'

/** The flags of a TCP header. */
export const TCP_FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const

/** The fields of a TCP header without options. */
export interface TcpHeader {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  /** Number of the next byte that is expected; valid with the flag `ack`. */
  readonly acknowledged: number
  /** A sum of `TCP_FLAG`. */
  readonly flags: number
  readonly window: number
}

/** A segment. Shares memory with what was decoded. */
export interface TcpSegment extends TcpHeader {
  readonly payload: Uint8Array
}

/** Length of a TCP header without options, in bytes. */
export const TCP_HEADER_LENGTH = 20

/** Decodes the payload of an IP packet as TCP (RFC 9293). Options are skipped. Never throws. */
export function decodeTcpSegment(bytes: Uint8Array): DecodeResult<TcpSegment> {
  if (bytes.length < TCP_HEADER_LENGTH) return malformed('the TCP header is cut', bytes.length)
  const headerLength = ((bytes[12] as number) >> 4) * 4
  if (headerLength < TCP_HEADER_LENGTH) return malformed('the TCP header is too short', 12)
  if (headerLength > bytes.length) return malformed('the TCP options are cut', bytes.length)
  return {
    ok: true,
    value: {
      sourcePort: readUint16(bytes, 0),
      destinationPort: readUint16(bytes, 2),
      sequence: readUint32(bytes, 4),
      acknowledged: readUint32(bytes, 8),
      flags: bytes[13] as number,
      window: readUint16(bytes, 14),
      payload: bytes.subarray(headerLength),
    },
  }
}

/**
 * Writes a header at `at`, with the checksum over it and the payload, which is there after it.
 * @param end of the payload
 * @param pseudoHeader from `writeIpHeader`
 */
export function writeTcpHeader(
  { view }: PacketMemory,
  at: number,
  end: number,
  header: TcpHeader,
  pseudoHeader: number,
): void {
  view.setUint16(at, header.sourcePort)
  view.setUint16(at + 2, header.destinationPort)
  view.setUint32(at + 4, header.sequence)
  view.setUint32(at + 8, header.acknowledged)
  view.setUint8(at + 12, (TCP_HEADER_LENGTH / 4) << 4)
  view.setUint8(at + 13, header.flags)
  view.setUint16(at + 14, header.window)
  view.setUint16(at + 16, internetChecksum(sumWords(view, at, end, pseudoHeader)))
}
