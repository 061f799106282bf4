import { encodeUtf8, toByteString } from '../../base/bytes.ts'
import { MAX_TORRENT_FILES } from '../../base/limits.ts'
import type { BencodeScanner } from '../bencode-scanner.ts'
import {
  badMember,
  badTorrent,
  type InfoDictionary,
  integerMember,
  optionalString,
  rescan,
  stringMember,
} from './info-dictionary.ts'
import { checkLength, ListedFile, notePath, pathReader, readFileProperties } from './listed-file.ts'

/** Length of a v1 piece hash (SHA-1), in bytes. */
export const PIECE_HASH_LENGTH = 20

/**
 * The files of a v1 torrent in the order of its pieces, including pad files.
 * @throws PeerError E_BAD_TORRENT
 * @see https://www.bittorrent.org/beps/bep_0003.html "info dictionary"
 */
export function readFiles(info: InfoDictionary, name: Uint8Array): readonly ListedFile[] {
  const files = info.members.get('files')
  const length = info.members.get('length')
  if (files === undefined) return [readSingleFile(info, name)]
  const scanner = rescan(info.file, files.start)
  if (scanner.next !== 'list') {
    info.notes.add('wrong-type', files.start)
    return [readSingleFile(info, name)]
  }
  if (length !== undefined) info.notes.add('length-and-files', length.start)
  const listed: ListedFile[] = []
  scanner.list(() => listed.push(readFile(info, scanner, listed.length)))
  if (listed.length === 0) throw badMember(info, 'files', 'the torrent lists no files')
  for (const file of listed) file.folder = name
  return listed
}

/**
 * The hashes of all pieces, concatenated.
 * @throws PeerError E_BAD_TORRENT unless there are exactly `pieceCount` hashes
 */
export function readPieceHashes(info: InfoDictionary, pieceCount: number): Uint8Array {
  const pieces = stringMember(info, 'pieces')
  if (pieces === undefined) throw badMember(info, 'pieces', '"pieces" is not a byte string')
  if (pieces.length % PIECE_HASH_LENGTH !== 0) {
    throw badMember(
      info,
      'pieces',
      `"pieces" has ${pieces.length} bytes, which is not a multiple of ${PIECE_HASH_LENGTH}`,
    )
  }
  if (pieces.length / PIECE_HASH_LENGTH !== pieceCount) {
    const hashes = pieces.length / PIECE_HASH_LENGTH
    throw badMember(
      info,
      'pieces',
      `the torrent has ${hashes} piece hashes, but its files need ${pieceCount}`,
    )
  }
  return pieces
}

function readSingleFile(info: InfoDictionary, name: Uint8Array): ListedFile {
  const span = info.members.get('length')
  if (span === undefined) throw badMember(info, 'files', 'the torrent lists no files')
  const path = [name]
  return new ListedFile(() => path, {
    length: checkLength(integerMember(info, 'length'), span.start),
    attributes: toByteString(optionalString(info, 'attr') ?? new Uint8Array()),
    linkTarget: undefined,
    pathAt: undefined,
    piecesRoot: undefined,
  })
}

function readFile(info: InfoDictionary, scanner: BencodeScanner, index: number): ListedFile {
  const { at } = scanner
  if (index >= MAX_TORRENT_FILES) throw badTorrent(`the torrent has more than ${MAX_TORRENT_FILES} files`, at)
  if (scanner.next !== 'dictionary') throw badTorrent('an entry of "files" is not a dictionary', at)
  const properties = readFileProperties(info.file, scanner, info.notes)
  const { pathAt, attributes, length } = properties
  // pad files are never written, and their path may be missing or arbitrary
  if (attributes.includes('p')) return new ListedFile(() => padPath(length), properties)
  if (pathAt === undefined) {
    info.notes.add('missing-name', at)
    return new ListedFile(noPath, properties)
  }
  notePath(info.file, pathAt, info.notes)
  return new ListedFile(pathReader(info.file, pathAt), properties)
}

function padPath(length: number): readonly Uint8Array[] {
  return [encodeUtf8('.pad'), encodeUtf8(String(length))]
}

/** One empty name: code that writes the file must replace it. */
function noPath(): readonly Uint8Array[] {
  return [new Uint8Array()]
}
