import { concat, fromHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'

/** The info hashes of a torrent: one of them, or both for a hybrid. */
export interface InfoHashes {
  /** SHA-1 of the info dictionary, 20 bytes. */
  readonly v1: Uint8Array | undefined
  /** SHA-256 of the info dictionary, 32 bytes (BEP 52). */
  readonly v2: Uint8Array | undefined
}

/** Length of a v1 info hash, and of every info hash on the wire, in bytes. */
export const INFO_HASH_LENGTH = 20

/** Length of a complete v2 info hash, in bytes. */
export const INFO_HASH_V2_LENGTH = 32

const HINT = 'use 40 hex or 32 base32 characters (v1), 64 hex (v2), or a magnet link'

/**
 * Parses an info hash in any common form: 40 hex digits or 32 base32 characters (v1), 64 hex digits or a multihash of 68
 * (v2). Case and surrounding white space do not matter.
 * @throws PeerError E_BAD_HASH whose message says whether the length or which character is wrong
 */
export function parseInfoHash(text: string): InfoHashes {
  const hash = text.trim()
  switch (hash.length) {
    case 32:
      return v1(parseBase32(hash))
    case 40:
      return v1(parseHex(hash))
    case 64:
      return v2(parseHex(hash))
    case 68:
      return v2(parseMultihash(hash))
    default:
      throw badHash(wrongLength(hash, [32, 40, 64, 68]))
  }
}

/**
 * The 20 bytes that identify a torrent in a handshake: a v1 hash unchanged, a v2 hash truncated.
 * @param infoHash 20 or 32 bytes
 * @throws RangeError for another length, a bug in the caller
 * @see https://www.bittorrent.org/beps/bep_0052.html "infohash"
 */
export function handshakeHash(infoHash: Uint8Array): Uint8Array {
  if (infoHash.length !== INFO_HASH_LENGTH && infoHash.length !== INFO_HASH_V2_LENGTH) {
    throw new RangeError(`an info hash has 20 or 32 bytes, not ${infoHash.length}`)
  }
  return infoHash.subarray(0, INFO_HASH_LENGTH)
}

/**
 * The v1 hash of `urn:btih:`, from the text after that prefix.
 * @throws PeerError E_BAD_HASH
 */
export function parseBtih(text: string): Uint8Array {
  if (text.length === 32) return parseBase32(text)
  if (text.length === 40) return parseHex(text)
  throw badHash(wrongLength(text, [32, 40]))
}

/**
 * The v2 hash of `urn:btmh:`, from the text after that prefix: a multihash, which must be SHA2-256.
 * @throws PeerError E_BAD_HASH
 * @see https://www.bittorrent.org/beps/bep_0009.html
 */
export function parseBtmh(text: string): Uint8Array {
  if (text.length !== 68) throw badHash(`${wrongLength(text, [68])}; a multihash has 68 digits`)
  return parseMultihash(text)
}

export function badHash(message: string): PeerError {
  return new PeerError('E_BAD_HASH', message, { phase: 'resolve', hint: HINT })
}

function v1(hash: Uint8Array): InfoHashes {
  return { v1: hash, v2: undefined }
}

function v2(hash: Uint8Array): InfoHashes {
  return { v1: undefined, v2: hash }
}

function parseHex(text: string): Uint8Array {
  checkCharacters(text, /[^0-9a-f]/i, 'hex digit')
  return fromHex(text)
}

/** SHA2-256 (0x12) of 32 bytes (0x20): the only multihash that identifies a torrent. */
function parseMultihash(text: string): Uint8Array {
  const bytes = parseHex(text)
  if (bytes[0] !== 0x12 || bytes[1] !== 0x20) {
    throw badHash(`the multihash begins with ${text.slice(0, 4)}, not with 1220 (SHA2-256 of 32 bytes)`)
  }
  return bytes.subarray(2)
}

const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 8 characters are 5 bytes; 32 characters need no padding. */
function parseBase32(text: string): Uint8Array {
  checkCharacters(text, /[^A-Z2-7]/i, 'base32 character (A-Z, 2-7)')
  const groups = text.toUpperCase().match(/.{8}/g) ?? []
  return concat(groups.map(decodeBase32Group))
}

function decodeBase32Group(group: string): Uint8Array {
  let bits = 0n
  for (const character of group) bits = (bits << 5n) | BigInt(BASE_32.indexOf(character))
  return fromHex(bits.toString(16).padStart(10, '0'))
}

function checkCharacters(text: string, wrong: RegExp, wanted: string): void {
  const at = text.search(wrong)
  if (at === -1) return
  throw badHash(`character ${at + 1} of the info hash, ${nameOf(text, at)}, is not a ${wanted}`)
}

function nameOf(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  return code > 0x20 && code < 0x7f
    ? `"${text[at]}"`
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** @param lengths the right ones, in ascending order; 32 is that of base32 */
function wrongLength(text: string, lengths: readonly number[]): string {
  if (text === '') return 'the info hash is empty'
  const isHex = /^[0-9a-f]+$/i.test(text)
  const kind = `${isHex ? 'hex digit' : 'character'}${text.length === 1 ? '' : 's'}`
  const right = lengths.filter((length) => !isHex || length !== 32)
  const others = right.slice(0, -1).join(', ')
  return `the info hash has ${text.length} ${kind}, not ${others === '' ? '' : `${others} or `}${right.at(-1)}`
}
