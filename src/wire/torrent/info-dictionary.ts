import { PeerError } from '../../base/errors.ts'
import { MAX_METAINFO_ITEMS, MAX_PATH_ELEMENT_LENGTH, MAX_PIECE_LENGTH } from '../../base/limits.ts'
import { type BencodeDictionary, decodeBencodeMembers } from '../bencode.ts'

/** An info dictionary on its way to a `Metainfo`: its members, and where they came from. */
export interface InfoDictionary {
  readonly members: BencodeDictionary
  /** The dictionary as it came; the info hashes are over these bytes. */
  readonly bytes: Uint8Array
  /** Where a member is in the file, for messages. */
  readonly offsetOf: (key: string) => number
}

/** One file of a torrent, before it has a place among the pieces. */
export interface ListedFile {
  /** Below the folder of the download: the torrent's name, and in a torrent of many files the path in it. */
  readonly path: readonly Uint8Array[]
  readonly length: number
  readonly pad: boolean
  readonly piecesRoot: Uint8Array | undefined
}

/**
 * Reads the one dictionary that `bytes` has to be. Strict: keys out of order or twice are refused, because two clients
 * could read two different torrents out of them under one hash.
 * @param start where `bytes` is in its file
 * @throws PeerError E_BAD_TORRENT
 */
export function readInfoDictionary(bytes: Uint8Array, start: number): InfoDictionary {
  const result = decodeBencodeMembers(bytes, { maxItems: MAX_METAINFO_ITEMS })
  if (!result.ok)
    throw badTorrent(`the info dictionary is no bencode: ${result.reason}`, start + result.offset)
  if (result.length !== bytes.length) {
    throw badTorrent('something follows the info dictionary', start + result.length)
  }
  const [issue] = result.issues
  if (issue !== undefined) {
    const what = issue === 'duplicate-key' ? 'a key twice' : 'keys that are not sorted'
    throw badTorrent(`the info dictionary has ${what}`, start + (result.issueOffset ?? 0))
  }
  const { value: members, slices } = result
  const offsetOf = (key: string): number => {
    const slice = slices.get(key)
    return slice === undefined ? start : start + slice.byteOffset - bytes.byteOffset
  }
  return { members, bytes, offsetOf }
}

export function badTorrent(message: string, offset: number): PeerError {
  return new PeerError('E_BAD_TORRENT', `${message} (at byte ${offset})`, {
    phase: 'resolve',
    offset,
    reference: 'BEP 3, BEP 52',
    hint: 'get the .torrent again, or give the info hash with --info-hash instead',
  })
}

/** The error for a member of the info dictionary, at its place. */
export function badMember(info: InfoDictionary, key: string, message: string): PeerError {
  return badTorrent(message, info.offsetOf(key))
}

/** @throws PeerError E_BAD_TORRENT unless it is 1 to MAX_PIECE_LENGTH */
export function readPieceLength(info: InfoDictionary): number {
  const length = info.members.get('piece length')
  if (typeof length !== 'number' || length < 1 || length > MAX_PIECE_LENGTH) {
    const what = typeof length === 'number' || typeof length === 'bigint' ? `is ${length}` : 'is missing'
    throw badMember(info, 'piece length', `the piece length ${what}, not 1 to ${MAX_PIECE_LENGTH}`)
  }
  return length
}

/** @throws PeerError E_BAD_TORRENT unless there is one that can name a file */
export function readName(info: InfoDictionary): Uint8Array {
  const name = info.members.get('name')
  if (!(name instanceof Uint8Array)) throw badMember(info, 'name', 'the torrent has no name')
  checkPathElement(info, 'name', name)
  return name
}

/** @throws PeerError E_BAD_TORRENT unless the value is 0 to 2^53 - 1 */
export function readFileLength(info: InfoDictionary, key: string, length: unknown): number {
  if (typeof length !== 'number' || length < 0) {
    const what =
      typeof length === 'number' || typeof length === 'bigint' ? `a length of ${length}` : 'no length'
    throw badMember(info, key, `a file has ${what}`)
  }
  return length
}

/**
 * Refuses what no honest file is called: it could only be meant to leave the folder, or to hurt. Whatever else a name
 * holds is left to `safeFilePath`.
 * @throws PeerError E_BAD_TORRENT
 */
export function checkPathElement(info: InfoDictionary, key: string, element: Uint8Array): void {
  const fail = (what: string): PeerError => badMember(info, key, `a file name ${what}`)
  if (element.length === 0) throw fail('is empty')
  if (element.length > MAX_PATH_ELEMENT_LENGTH) {
    throw fail(`has ${element.length} bytes, more than ${MAX_PATH_ELEMENT_LENGTH}`)
  }
  if (element.length <= 2 && element.every((byte) => byte === DOT)) throw fail('is "." or ".."')
  if (element.includes(SLASH)) throw fail('has a "/" in it')
  if (element.includes(0)) throw fail('has a NUL in it')
}

const DOT = 0x2e
const SLASH = 0x2f
