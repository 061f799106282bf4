import { readUint16, toHex, writeUint16 } from '../base/bytes.ts'

/** Length of an IPv4 address, in bytes. */
export const IPV4_LENGTH = 4
/** Length of an IPv6 address, in bytes. */
export const IPV6_LENGTH = 16

/** A peer as in compact lists: an IP address as text (never a host name), and a port from 0 to 65535. */
export interface PeerAddress {
  readonly address: string
  readonly port: number
}

/**
 * Parses an IP address into its 4 or 16 bytes. Returns undefined for anything else, including host names, zone ids and
 * brackets.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/**
 * Formats 4 or 16 address bytes: dotted decimal, or RFC 5952 for IPv6.
 * @throws RangeError for another length
 */
export function renderIpAddress(bytes: Uint8Array): string {
  if (bytes.length === IPV4_LENGTH) return bytes.join('.')
  if (bytes.length !== IPV6_LENGTH) throw new RangeError(`an address has 4 or 16 bytes, got ${bytes.length}`)
  if (isIpv4Mapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`
  const groups = Array.from({ length: 8 }, (_, i) => readUint16(bytes, 2 * i))
  const { start, length } = longestZeroRun(groups)
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

/** Returns the IPv4 address inside `::ffff:0:0/96`, and any other address unchanged. */
export function unmapIpv4(bytes: Uint8Array): Uint8Array {
  return isIpv4Mapped(bytes) ? bytes.subarray(12) : bytes
}

/** `host:port`, an IPv6 address in brackets. The host may also be a name. */
export function renderEndpoint({ address, port }: PeerAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/**
 * The 4 or 16 bytes of an IP address, 4 for an IPv4 address inside IPv6.
 * @throws RangeError when it is not an IP address
 */
export function addressBytes(ip: string | Uint8Array): Uint8Array {
  const bytes = typeof ip === 'string' ? parseIpAddress(ip) : ip
  if (bytes === undefined || (bytes.length !== IPV4_LENGTH && bytes.length !== IPV6_LENGTH))
    throw new RangeError(
      `not an IP address: ${typeof ip === 'string' ? ip.slice(0, 64) : toHex(ip.subarray(0, 32))}`,
    )
  return unmapIpv4(bytes)
}

/**
 * Encodes address and port as in compact lists: 6 or 18 bytes, depending on the address family.
 * @throws RangeError when the address is not an IP address or the port does not fit 16 bits
 * @see https://www.bittorrent.org/beps/bep_0023.html
 */
export function encodePeerAddress(peer: PeerAddress): Uint8Array {
  const address = parseIpAddress(peer.address)
  if (address === undefined) throw new RangeError(`not an IP address: ${peer.address.slice(0, 64)}`)
  if (!Number.isInteger(peer.port) || peer.port < 0 || peer.port > 0xffff) {
    throw new RangeError(`not a port: ${peer.port}`)
  }
  const bytes = new Uint8Array(address.length + 2)
  bytes.set(address)
  writeUint16(bytes, address.length, peer.port)
  return bytes
}

/**
 * The inverse of `encodePeerAddress`.
 * @throws RangeError when the length is not 6 or 18 bytes
 */
export function decodePeerAddress(bytes: Uint8Array): PeerAddress {
  const length = bytes.length - 2
  return { address: renderIpAddress(bytes.subarray(0, Math.max(length, 0))), port: readUint16(bytes, length) }
}

/** Why no peer on the public internet can have an address. */
export type SpecialAddress =
  'unspecified' | 'loopback' | 'private' | 'link-local' | 'multicast' | 'broadcast' | 'reserved'

/**
 * Returns the special range of 4 or 16 address bytes, or undefined for a public address. Documentation ranges count as
 * public, so that examples and tests look real.
 * @see https://www.rfc-editor.org/rfc/rfc6890
 */
export function specialAddress(bytes: Uint8Array): SpecialAddress | undefined {
  const address = unmapIpv4(bytes)
  return address.length === IPV4_LENGTH ? specialIpv4(address) : specialIpv6(address)
}

/** Whether an IP address is a loopback address. Then both sides are on one machine, and nothing is between them. */
export function isLoopback(ip: string): boolean {
  const bytes = parseIpAddress(ip)
  return bytes !== undefined && specialAddress(bytes) === 'loopback'
}

function specialIpv4([a = 0, b = 0, c = 0, d = 0]: Uint8Array): SpecialAddress | undefined {
  if (a === 0) return 'unspecified'
  if (a === 127) return 'loopback'
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private'
  // carrier-grade NAT (RFC 6598) is also unreachable from outside
  if (a === 100 && b >= 64 && b < 128) return 'private'
  if (a === 169 && b === 254) return 'link-local'
  if (a >= 224 && a < 240) return 'multicast'
  if (a === 255 && b === 255 && c === 255 && d === 255) return 'broadcast'
  return a >= 240 ? 'reserved' : undefined
}

function specialIpv6(bytes: Uint8Array): SpecialAddress | undefined {
  const [a = 0, b = 0] = bytes
  if (bytes.subarray(0, 15).every((byte) => byte === 0)) {
    if (bytes[15] === 0) return 'unspecified'
    if (bytes[15] === 1) return 'loopback'
  }
  if (a === 0xff) return 'multicast'
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local'
  return (a & 0xfe) === 0xfc ? 'private' : undefined
}

function isIpv4Mapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === IPV6_LENGTH &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff
  )
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  // some parsers read a leading zero as octal, so it is not accepted
  if (parts.length !== IPV4_LENGTH || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)))
    return undefined
  const octets = parts.map(Number)
  return octets.every((octet) => octet < 256) ? Uint8Array.from(octets) : undefined
}

function parseIpv6(text: string): Uint8Array | undefined {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const before = parseGroups(head, tail === undefined)
  const after = parseGroups(tail ?? '', true)
  if (before === undefined || after === undefined) return undefined
  const missing = IPV6_LENGTH - before.length - after.length
  // "::" stands for at least one group (RFC 4291)
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...before, ...Array.from({ length: missing }, () => 0), ...after])
}

/** The bytes of the groups between colons. With `isEnd`, the last group may be an IPv4 address. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >>> 8, value & 0xff)
    } else {
      const embedded = isEnd && i === groups.length - 1 ? parseIpv4(group) : undefined
      if (embedded === undefined) return undefined
      bytes.push(...embedded)
    }
  }
  return bytes
}

/** The leftmost of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start }
  }
  return best
}
