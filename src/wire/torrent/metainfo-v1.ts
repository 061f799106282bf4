import { encodeUtf8 } from '../../base/bytes.ts'
import { MAX_PATH_DEPTH, MAX_TORRENT_FILES } from '../../base/limits.ts'
import type { BencodeDictionary, BencodeValue } from '../bencode.ts'
import {
  badMember,
  checkPathElement,
  type InfoDictionary,
  type ListedFile,
  readFileLength,
} from './info-dictionary.ts'

/** Length of a v1 piece hash (SHA-1), in bytes. */
export const PIECE_HASH_LENGTH = 20

/**
 * The files of a v1 torrent in the order of its pieces, pad files among them.
 * @throws PeerError E_BAD_TORRENT
 * @see https://www.bittorrent.org/beps/bep_0003.html "info dictionary"
 */
export function readFiles(info: InfoDictionary, name: Uint8Array): readonly ListedFile[] {
  const { members } = info
  const files = members.get('files')
  const length = members.get('length')
  if (length !== undefined && files !== undefined) {
    throw badMember(info, 'files', 'the torrent has both "length" and "files"')
  }
  if (length !== undefined) {
    return [
      { path: [name], length: readFileLength(info, 'length', length), pad: false, piecesRoot: undefined },
    ]
  }
  if (!isList(files) || files.length === 0) throw badMember(info, 'files', 'the torrent lists no files')
  if (files.length > MAX_TORRENT_FILES) {
    throw badMember(info, 'files', `the torrent has ${files.length} files, more than ${MAX_TORRENT_FILES}`)
  }
  return files.map((file) => readFile(info, name, file))
}

/**
 * The hashes of all pieces, one after the other.
 * @throws PeerError E_BAD_TORRENT unless there is a whole one for each of `pieceCount`
 */
export function readPieceHashes(info: InfoDictionary, pieceCount: number): Uint8Array {
  const pieces = info.members.get('pieces')
  if (!(pieces instanceof Uint8Array)) throw badMember(info, 'pieces', '"pieces" is no byte string')
  if (pieces.length % PIECE_HASH_LENGTH !== 0) {
    throw badMember(
      info,
      'pieces',
      `"pieces" has ${pieces.length} bytes, no multiple of ${PIECE_HASH_LENGTH}`,
    )
  }
  if (pieces.length / PIECE_HASH_LENGTH !== pieceCount) {
    const hashes = pieces.length / PIECE_HASH_LENGTH
    throw badMember(
      info,
      'pieces',
      `the torrent has ${hashes} piece hashes, and its files need ${pieceCount}`,
    )
  }
  return pieces
}

/** BEP 47: `p` among the attributes marks a file of zeros that only moves the next one to a piece boundary. */
export function isPad(file: BencodeDictionary): boolean {
  const attributes = file.get('attr')
  return attributes instanceof Uint8Array && attributes.includes(LETTER_P)
}

const LETTER_P = 0x70

function readFile(info: InfoDictionary, name: Uint8Array, file: BencodeValue): ListedFile {
  if (!(file instanceof Map)) throw badMember(info, 'files', 'an entry of "files" is no dictionary')
  const members: BencodeDictionary = file
  const length = readFileLength(info, 'files', members.get('length'))
  const pad = isPad(members)
  const path = pad ? padPath(length) : readPath(info, members.get('path'))
  return { path: [name, ...path], length, pad, piecesRoot: undefined }
}

/** Pad files are never written, and their own path may be missing or anything. */
function padPath(length: number): Uint8Array[] {
  return [encodeUtf8('.pad'), encodeUtf8(String(length))]
}

function readPath(info: InfoDictionary, path: BencodeValue | undefined): Uint8Array[] {
  if (!isList(path) || path.length === 0) throw badMember(info, 'files', 'a file has no path')
  if (path.length > MAX_PATH_DEPTH) {
    throw badMember(info, 'files', `a file lies ${path.length} folders deep, more than ${MAX_PATH_DEPTH}`)
  }
  return path.map((element) => {
    if (!(element instanceof Uint8Array)) throw badMember(info, 'files', 'a path is no list of byte strings')
    checkPathElement(info, 'files', element)
    return element
  })
}

function isList(value: BencodeValue | undefined): value is readonly BencodeValue[] {
  return Array.isArray(value)
}
