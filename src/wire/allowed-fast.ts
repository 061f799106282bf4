import { sha1 } from '@noble/hashes/legacy.js'
import { concat, readUint32 } from '../base/bytes.ts'
import { ALLOWED_FAST_COUNT, MAX_FAST_PIECES } from '../base/limits.ts'
import { addressBytes, IPV4_LENGTH } from './address.ts'

/** The ways of computing the set, in the order in which they are tried. */
export const ALLOWED_FAST_DIALECTS = ['bep6', 'libtorrent', 'aria2'] as const

/** How a client computes the set: as in BEP 6, or like one of the two clients that deviate from it. */
export type AllowedFastDialect = (typeof ALLOWED_FAST_DIALECTS)[number]

/**
 * The pieces that a peer may request while it is choked, in the order of BEP 6. Both sides can compute them from the
 * peer's /24 network and the torrent.
 *
 * @param ip the peer's address as the sender of the set sees it: text, or 4 or 16 bytes
 * @param infoHash 20 bytes
 * @param pieceCount number of pieces of the torrent; the set is not larger than this
 * @param count size of the set, at most 1024. Default 10
 * @returns piece indexes; none for IPv6, for which BEP 6 defines no set
 * @throws RangeError when `ip` is not an IP address
 * @see https://www.bittorrent.org/beps/bep_0006.html "allowed fast set generation"
 */
export function generateAllowedFastSet(
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number = ALLOWED_FAST_COUNT,
): readonly number[] {
  return generateDialectSet('bep6', ip, infoHash, pieceCount, count)
}

/** The set as libtorrent computes it: five pieces, from the whole address, IPv6 included. */
export function generateLibtorrentAllowedFastSet(
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
  count = 5,
): readonly number[] {
  return generateDialectSet('libtorrent', ip, infoHash, pieceCount, count)
}

/** The set as aria2 computes it: ten pieces, from two octets of addresses below 192.0.0.0 and three of others. */
export function generateAria2AllowedFastSet(
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number = ALLOWED_FAST_COUNT,
): readonly number[] {
  return generateDialectSet('aria2', ip, infoHash, pieceCount, count)
}

/**
 * Finds the dialect that generates the pieces that a peer allowed, in any order; undefined when none does. Clients omit
 * pieces that the other side has, so the pieces need only be a subset of what the dialect generates. If several dialects
 * match, the first of BEP 6, libtorrent, aria2 is returned.
 *
 * @param pieces what the peer allowed; an empty or oversized list matches no dialect
 * @throws RangeError when `ip` is not an IP address
 */
export function recogniseAllowedFastSet(
  pieces: readonly number[],
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
): AllowedFastDialect | undefined {
  if (pieces.length === 0 || pieces.length > MAX_FAST_PIECES) return undefined
  return ALLOWED_FAST_DIALECTS.find((dialect) => {
    // a client may be configured for a larger set, and may replace an omitted member with the next one
    const count = Math.max(pieces.length, DIALECT_COUNT[dialect])
    const set = new Set(generateDialectSet(dialect, ip, infoHash, pieceCount, count))
    return pieces.every((piece) => set.has(piece))
  })
}

const DIALECT_COUNT: Readonly<Record<AllowedFastDialect, number>> = {
  bep6: ALLOWED_FAST_COUNT,
  libtorrent: 5,
  aria2: ALLOWED_FAST_COUNT,
}

function generateDialectSet(
  dialect: AllowedFastDialect,
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number,
): readonly number[] {
  const masked = maskAddress(dialect, addressBytes(ip))
  // with more members than pieces the loop below would not terminate
  const size = Math.min(count, pieceCount, MAX_FAST_PIECES)
  const set = new Set<number>()
  if (masked === undefined) return []
  for (let seed = sha1(concat([masked, infoHash])); set.size < size; seed = sha1(seed)) {
    for (let word = 0; word < seed.length && set.size < size; word += 4) {
      set.add(readUint32(seed, word) % pieceCount)
    }
  }
  return [...set]
}

/** The part of the address that the dialect hashes; undefined when it defines no set. */
function maskAddress(dialect: AllowedFastDialect, address: Uint8Array): Uint8Array | undefined {
  if (dialect === 'libtorrent') return address
  if (address.length !== IPV4_LENGTH) return undefined
  const [first = 0, second = 0, third = 0] = address
  return Uint8Array.of(first, second, dialect === 'aria2' && first < 192 ? 0 : third, 0)
}
