import { readUint16, readUint32 } from '../../base/bytes.ts'
import { MAX_IP_EXTENSION_HEADERS } from '../../base/limits.ts'
import { type DecodeResult, malformed } from '../decode-result.ts'
import { internetChecksum, sumWords } from './checksum.ts'
import type { PacketMemory } from './packet-memory.ts'

export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17

/** The place of a fragment in its datagram. */
export interface IpFragment {
  readonly id: number
  /** Of the payload in that of the whole datagram, in bytes. */
  readonly offset: number
  /** Whether another fragment follows. */
  readonly more: boolean
}

/** An IPv4 or IPv6 packet, after its options or extension headers. Shares memory with what was decoded. */
export interface IpPacket {
  /** 4 or 16 bytes. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  /** What the payload is; of a fragment of IPv6, what its first header is. */
  readonly protocol: number
  readonly payload: Uint8Array
  /** Bytes of the payload that were not captured. */
  readonly missing: number
  /** Undefined for a whole packet. */
  readonly fragment: IpFragment | undefined
}

const IPV4_HEADER_LENGTH = 20
const IPV6_HEADER_LENGTH = 40

/** Extension headers of IPv6 whose length is a byte that counts units of 8 bytes after the first. */
const HEADER_HOP_BY_HOP = 0
const HEADER_ROUTING = 43
const HEADER_FRAGMENT = 44
const HEADER_AUTHENTICATION = 51
const HEADER_DESTINATION = 60
const HEADER_MOBILITY = 135
const HEADER_HIP = 139
const HEADER_SHIM6 = 140

const EXTENSION_HEADERS: ReadonlySet<number> = new Set([
  HEADER_HOP_BY_HOP,
  HEADER_ROUTING,
  HEADER_FRAGMENT,
  HEADER_AUTHENTICATION,
  HEADER_DESTINATION,
  HEADER_MOBILITY,
  HEADER_HIP,
  HEADER_SHIM6,
])

const FRAGMENT_HEADER_LENGTH = 8

/**
 * Decodes a packet of IPv4 (RFC 791) or IPv6 (RFC 8200); bytes after its end are padding. Checksums are not checked: a network
 * card adds them after the packet was captured. Never throws.
 */
export function decodeIpPacket(bytes: Uint8Array): DecodeResult<IpPacket> {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(bytes)
  if (version === 6) return decodeIpv6(bytes)
  return malformed(`IP version ${version} is unknown`)
}

function decodeIpv4(bytes: Uint8Array): DecodeResult<IpPacket> {
  if (bytes.length < IPV4_HEADER_LENGTH) return malformed('the IPv4 header is cut', bytes.length)
  const headerLength = ((bytes[0] as number) & 0x0f) * 4
  if (headerLength < IPV4_HEADER_LENGTH) return malformed('the IPv4 header is too short', 0)
  // a network card that segments for the system leaves the length at 0
  const totalLength = readUint16(bytes, 2) || bytes.length
  if (totalLength < headerLength) return malformed('the IPv4 packet is shorter than its header', 2)
  if (bytes.length < headerLength) return malformed('the IPv4 options are cut', bytes.length)
  const flags = readUint16(bytes, 6)
  const more = (flags & 0x2000) !== 0
  const offset = (flags & 0x1fff) * 8
  return {
    ok: true,
    value: {
      source: bytes.subarray(12, 16),
      destination: bytes.subarray(16, 20),
      protocol: bytes[9] as number,
      payload: bytes.subarray(headerLength, totalLength),
      missing: Math.max(0, totalLength - bytes.length),
      fragment: more || offset > 0 ? { id: readUint16(bytes, 4), offset, more } : undefined,
    },
  }
}

function decodeIpv6(bytes: Uint8Array): DecodeResult<IpPacket> {
  if (bytes.length < IPV6_HEADER_LENGTH) return malformed('the IPv6 header is cut', bytes.length)
  // 0 for a jumbogram, and where the network card segments for the system
  const length = readUint16(bytes, 4) || bytes.length - IPV6_HEADER_LENGTH
  const end = IPV6_HEADER_LENGTH + length
  const upper = upperLayer(bytes[6] as number, bytes.subarray(IPV6_HEADER_LENGTH, end))
  if (!upper.ok) return malformed(upper.reason, IPV6_HEADER_LENGTH + upper.offset)
  return {
    ok: true,
    value: {
      source: bytes.subarray(8, 24),
      destination: bytes.subarray(24, 40),
      missing: Math.max(0, end - bytes.length),
      ...upper.value,
    },
  }
}

/** What is after the extension headers of IPv6, or after its fragment header. */
export type UpperLayer = Pick<IpPacket, 'protocol' | 'payload' | 'fragment'>

/**
 * Skips extension headers of IPv6 up to a fragment header.
 * @param header number of the first header
 */
export function upperLayer(header: number, bytes: Uint8Array): DecodeResult<UpperLayer> {
  let protocol = header
  let at = 0
  for (let count = 0; EXTENSION_HEADERS.has(protocol); count++) {
    if (count === MAX_IP_EXTENSION_HEADERS) return malformed('too many extension headers', at)
    if (at + FRAGMENT_HEADER_LENGTH > bytes.length)
      return malformed('an extension header is cut', bytes.length)
    const next = bytes[at] as number
    if (protocol === HEADER_FRAGMENT) {
      const place = readUint16(bytes, at + 2)
      const fragment = { id: readUint32(bytes, at + 4), offset: place & 0xfff8, more: (place & 1) === 1 }
      const payload = bytes.subarray(at + FRAGMENT_HEADER_LENGTH)
      // a whole packet may have the header too (RFC 6946)
      if (fragment.more || fragment.offset > 0)
        return { ok: true, value: { protocol: next, payload, fragment } }
    }
    at += extensionLength(protocol, bytes[at + 1] as number)
    protocol = next
    if (at > bytes.length) return malformed('an extension header is cut', bytes.length)
  }
  return { ok: true, value: { protocol, payload: bytes.subarray(at), fragment: undefined } }
}

function extensionLength(header: number, length: number): number {
  if (header === HEADER_FRAGMENT) return FRAGMENT_HEADER_LENGTH
  return header === HEADER_AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8
}

/** The ends of a packet, and what it carries. */
export interface IpHeader {
  /** 4 or 16 bytes, both of one length. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly protocol: number
  /** Identification of an IPv4 packet, 16 bits. */
  readonly id: number
}

/** Length of the header that `writeIpHeader` writes between addresses of that length. */
export function ipHeaderLength(address: Uint8Array): number {
  return address.length === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH
}

const DONT_FRAGMENT = 0x4000
const TIME_TO_LIVE = 64

/**
 * Writes an IPv4 or IPv6 header without options at `at`.
 * @param length of the payload, in bytes
 * @returns the sum of words of the pseudo-header that the checksums of TCP and UDP cover
 */
export function writeIpHeader(
  { bytes, view }: PacketMemory,
  at: number,
  { source, destination, protocol, id }: IpHeader,
  length: number,
): number {
  if (source.length === 4) {
    view.setUint8(at, 0x45)
    view.setUint16(at + 2, IPV4_HEADER_LENGTH + length)
    view.setUint16(at + 4, id)
    view.setUint16(at + 6, DONT_FRAGMENT)
    view.setUint8(at + 8, TIME_TO_LIVE)
    view.setUint8(at + 9, protocol)
    bytes.set(source, at + 12)
    bytes.set(destination, at + 16)
    view.setUint16(at + 10, internetChecksum(sumWords(view, at, at + IPV4_HEADER_LENGTH)))
    return sumWords(view, at + 12, at + IPV4_HEADER_LENGTH, protocol + length)
  }
  view.setUint8(at, 0x60)
  view.setUint16(at + 4, length)
  view.setUint8(at + 6, protocol)
  view.setUint8(at + 7, TIME_TO_LIVE)
  bytes.set(source, at + 8)
  bytes.set(destination, at + 24)
  return sumWords(view, at + 8, at + IPV6_HEADER_LENGTH, protocol + length)
}
