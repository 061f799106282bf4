import { concat, writeUint16 } from '../base/bytes.ts'
import { addressBytes, IPV4_LENGTH, type PeerAddress } from './address.ts'

/** As in BEP 40, or as in libtorrent, which keeps one more byte of similar IPv6 addresses. */
export type PeerPriorityDialect = 'bep40' | 'libtorrent'

/**
 * The canonical priority of a connection, unsigned 32 bits: the same on both ends, and not under the control
 * of an attacker. If connections are limited, those with the higher priority are kept.
 *
 * @param own our address as the other side sees it (`yourip`)
 * @returns undefined when the address families differ
 * @throws RangeError when one is not an IP address
 * @see https://www.bittorrent.org/beps/bep_0040.html
 */
export function peerPriority(
  own: PeerAddress,
  peer: PeerAddress,
  dialect: PeerPriorityDialect = 'bep40',
): number | undefined {
  const a = addressBytes(own.address)
  const b = addressBytes(peer.address)
  if (a.length !== b.length) return undefined
  const common = commonBytes(a, b)
  if (common === a.length) return crc32c(inOrder(portBytes(own), portBytes(peer)))
  const kept = a.length === IPV4_LENGTH ? Math.max(2, common + 1) : keptIpv6Bytes(common, dialect)
  return crc32c(inOrder(mask(a, kept), mask(b, kept)))
}

/** The CRC of RFC 3720 (Castagnoli), unsigned 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number)
  return ~crc >>> 0
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f6_3b78
  return crc
})

/** Number of leading bytes that are not masked: those in common and one more. */
function keptIpv6Bytes(common: number, dialect: PeerPriorityDialect): number {
  const extra = dialect === 'libtorrent' ? 2 : 1
  return common + extra > 6 ? common + extra : 6
}

function mask(address: Uint8Array, kept: number): Uint8Array {
  return address.map((byte, i) => (i < kept ? byte : byte & 0x55))
}

function inOrder(a: Uint8Array, b: Uint8Array): Uint8Array {
  const at = commonBytes(a, b)
  return (a[at] ?? 0) <= (b[at] ?? 0) ? concat([a, b]) : concat([b, a])
}

function commonBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? a.length : at
}

function portBytes({ port }: PeerAddress): Uint8Array {
  const bytes = new Uint8Array(2)
  writeUint16(bytes, 0, port)
  return bytes
}
