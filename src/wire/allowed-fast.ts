import { sha1 } from '@noble/hashes/legacy.js'
import { concat, readUint32 } from '../base/bytes.ts'
import { ALLOWED_FAST_COUNT, MAX_FAST_PIECES } from '../base/limits.ts'
import { addressBytes, IPV4_LENGTH } from './address.ts'

/** How a client computes the set: as BEP 6 says, or as one of the two clients that differ from it. */
export type AllowedFastDialect = 'bep6' | 'libtorrent' | 'aria2'

/**
 * The pieces that a peer may request while it is choked, in the order of BEP 6. Both sides can compute them: they
 * follow from the peer's /24 network and the torrent.
 *
 * @param ip the peer's address as the sender of the set sees it: text, or 4 or 16 bytes
 * @param infoHash 20 bytes
 * @param pieceCount pieces of the torrent; a set has no more members than that
 * @param count size of the set, at most 1024; default 10
 * @returns piece indexes; none for IPv6, where BEP 6 defines nothing
 * @throws RangeError when `ip` is no IP address
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

/** The set as aria2 computes it: ten pieces, from two octets of an address below 192.0.0.0 and three of others. */
export function generateAria2AllowedFastSet(
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number = ALLOWED_FAST_COUNT,
): readonly number[] {
  return generateDialectSet('aria2', ip, infoHash, pieceCount, count)
}

/**
 * Which dialect gives the pieces that a peer allowed, in whatever order; undefined when none does. Clients leave
 * out pieces that the other side has, so the pieces need only be among the members that the dialect generates.
 * Dialects that give the same pieces are named in the order BEP 6, libtorrent, aria2.
 *
 * @param pieces what the peer allowed; nothing is recognised in an empty or an oversized list
 * @throws RangeError when `ip` is no IP address
 */
export function recogniseAllowedFastSet(
  pieces: readonly number[],
  ip: string | Uint8Array,
  infoHash: Uint8Array,
  pieceCount: number,
): AllowedFastDialect | undefined {
  if (pieces.length === 0 || pieces.length > MAX_FAST_PIECES) return undefined
  return DIALECTS.find((dialect) => {
    // a client may be set to a larger set than usual, and a member that is left out is made up for by the next
    const count = Math.max(pieces.length, DIALECT_COUNT[dialect])
    const set = new Set(generateDialectSet(dialect, ip, infoHash, pieceCount, count))
    return pieces.every((piece) => set.has(piece))
  })
}

const DIALECTS: readonly AllowedFastDialect[] = ['bep6', 'libtorrent', 'aria2']
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
  // with more members than pieces the draw below would never end
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

/** The part of the address that the dialect hashes; undefined where it defines no set. */
function maskAddress(dialect: AllowedFastDialect, address: Uint8Array): Uint8Array | undefined {
  if (dialect === 'libtorrent') return address
  if (address.length !== IPV4_LENGTH) return undefined
  const [first = 0, second = 0, third = 0] = address
  return Uint8Array.of(first, second, dialect === 'aria2' && first < 192 ? 0 : third, 0)
}
