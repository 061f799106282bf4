import { PeerError } from '../../base/errors.ts'
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { MAX_PIECES, MAX_TORRENT_LENGTH } from '../../base/limits.ts'
import { readFileTree } from './file-tree.ts'
import {
  badMember,
  badTorrent,
  type InfoDictionary,
  integerMember,
  noteIssues,
  readingBencode,
  readName,
  readPieceLength,
  rescan,
  scanFile,
  scanInfo,
  skipValue,
  stringMember,
} from './info-dictionary.ts'
import type { InfoHashes } from './info-hash.ts'
import type { ListedFile, TorrentFile } from './listed-file.ts'
import type { Sha256 } from './merkle.ts'
import { readFiles, readPieceHashes } from './metainfo-v1.ts'
import { checkV2PieceLength, mergeHybridFiles, type PieceLayers, readPieceLayers } from './metainfo-v2.ts'
import { NoteList, type TorrentNote } from './notes.ts'
import { type OtherFile, recogniseDictionary, recogniseOther } from './other-file.ts'

/** Which hashes a torrent has: SHA-1 over pieces, Merkle trees over files, or both. */
export type TorrentVersion = 'v1' | 'v2' | 'hybrid'

/** The contents of a .torrent or an info dictionary. Trackers and web seeds are not kept: they may contain passkeys. */
export interface Metainfo {
  /** Raw bytes, not always UTF-8, and not sanitised; empty when there is none. */
  readonly name: Uint8Array
  readonly infoHashes: InfoHashes
  readonly version: TorrentVersion
  /** In bytes; the last piece, and in v2 the last of each file, is shorter: see `pieceLengthAt`. */
  readonly pieceLength: number
  /** 1 to MAX_PIECES. */
  readonly pieceCount: number
  /** Bytes of all files, without pad files. */
  readonly totalLength: number
  /** In the order of the pieces; v1 and hybrid lists include pad files. */
  readonly files: readonly TorrentFile[]
  /** BEP 27. */
  readonly private: boolean
  /** SHA-1 of each piece, 20 bytes each; undefined in v2. */
  readonly pieceHashes: Uint8Array | undefined
  /**
   * Checked against the pieces roots; a layer may be missing. Undefined in v1, and for a bare info dictionary, which
   * never has any.
   */
  readonly pieceLayers: PieceLayers | undefined
  /** Irregularities of the torrent that clients tolerate. */
  readonly notes: readonly TorrentNote[]
  /** The raw info dictionary, sharing memory with the input: ut_metadata serves it and the info hashes cover it. */
  readonly infoBytes: Uint8Array
}

/** Hash functions to use instead of those in plain JavaScript, e.g. from node:crypto. */
export interface HashFunctions {
  readonly sha1?: (bytes: Uint8Array) => Uint8Array
  readonly sha256?: Sha256
}

/**
 * Reads a .torrent file: v1, v2 or hybrid. It accepts what real clients accept, and lists irregularities in `notes`.
 * @throws PeerError E_BAD_TORRENT with the offset of the error
 * @see https://www.bittorrent.org/beps/bep_0003.html "metainfo files"
 * @see https://www.bittorrent.org/beps/bep_0052.html
 */
export function decodeMetainfo(file: Uint8Array, hash: HashFunctions = {}): Metainfo {
  checkTorrentLength('the file', file)
  const other = recogniseOther(file)
  if (other !== undefined) throw isOther(other)
  const notes = new NoteList()
  const { info, layersAt } = readingBencode('the file is not a bencoded dictionary', () =>
    scanTorrent(file, notes),
  )
  const metainfo = readInfo(info, hash)
  if (metainfo.version === 'v1') return { ...metainfo, notes: notes.toArray() }
  const sha256 = hash.sha256 ?? nobleSha256
  const pieceLayers = readPieceLayers(info, layersAt, metainfo.files, metainfo.pieceLength, sha256)
  return { ...metainfo, pieceLayers, notes: notes.toArray() }
}

/**
 * Reads a bare info dictionary, as from ut_metadata (BEP 9). It is not checked against a hash: compare `infoHashes`.
 * @throws PeerError E_BAD_TORRENT with the offset of the error
 */
export function decodeInfo(infoBytes: Uint8Array, hash: HashFunctions = {}): Metainfo {
  checkTorrentLength('the info dictionary', infoBytes)
  const notes = new NoteList()
  const info = readingBencode('the info dictionary is not valid bencode', () => {
    const scanner = scanFile(infoBytes)
    if (scanner.next !== 'dictionary') throw badTorrent('the info dictionary is not a dictionary', 0)
    const scanned = scanInfo(infoBytes, scanner, notes)
    if (scanner.at < infoBytes.length) throw badTorrent('something follows the info dictionary', scanner.at)
    noteIssues(scanner, notes)
    return scanned
  })
  return { ...readInfo(info, hash), notes: notes.toArray() }
}

function checkTorrentLength(what: string, { length }: Uint8Array): void {
  if (length > MAX_TORRENT_LENGTH) throw badTorrent(`${what} is larger than ${MAX_TORRENT_LENGTH} bytes`, 0)
}

/** Scans the whole file, and finds the two relevant members. @throws MalformedBencode */
function scanTorrent(
  file: Uint8Array,
  notes: NoteList,
): { readonly info: InfoDictionary; readonly layersAt: number | undefined } {
  const scanner = scanFile(file)
  if (scanner.next !== 'dictionary') {
    scanner.skip()
    throw badTorrent('the file is not a bencoded dictionary', 0)
  }
  const keys = new Set<string>()
  let info: InfoDictionary | undefined
  let layersAt: number | undefined
  scanner.dictionary((key, isFirst) => {
    if (keys.size < MAX_KEYS_KEPT) keys.add(key)
    if (key === 'info' && isFirst && scanner.next === 'dictionary') info = scanInfo(file, scanner, notes)
    else if (key === 'piece layers' && isFirst) layersAt = skipValue(scanner).start
    else scanner.skip()
  })
  if (info === undefined) {
    const other = recogniseDictionary(keys)
    throw other === undefined ? badTorrent('the file has no info dictionary', 0) : isOther(other)
  }
  noteIssues(scanner, notes)
  if (scanner.at < file.length) notes.add('trailing-bytes', scanner.at)
  return { info, layersAt }
}

/** Most keys of a file that are kept to recognise what it is. */
const MAX_KEYS_KEPT = 64

function isOther({ what, hint }: OtherFile): PeerError {
  return new PeerError('E_BAD_TORRENT', `this is not a .torrent but ${what}`, { phase: 'resolve', hint })
}

function readInfo(info: InfoDictionary, hash: HashFunctions): Omit<Metainfo, 'notes'> {
  const version = readVersion(info)
  const name = readName(info)
  const pieceLength = readPieceLength(info)
  if (version !== 'v1') checkV2PieceLength(info, pieceLength)
  const files = placeFiles(info, listFiles(info, version, name, pieceLength), version, pieceLength)
  const pieceCount = countPieces(info, files, pieceLength)
  const { sha1 = nobleSha1, sha256 = nobleSha256 } = hash
  return {
    name,
    infoHashes: {
      v1: version === 'v2' ? undefined : sha1(info.bytes),
      v2: version === 'v1' ? undefined : sha256(info.bytes),
    },
    version,
    pieceLength,
    pieceCount,
    totalLength: files.reduce((sum, file) => sum + (file.pad ? 0 : file.length), 0),
    files,
    private: (integerMember(info, 'private') ?? 0) !== 0,
    pieceHashes: version === 'v2' ? undefined : readPieceHashes(info, pieceCount),
    pieceLayers: undefined,
    infoBytes: info.bytes,
  }
}

/** Checks the number first, so that a torrent of a later version is reported as such instead of as invalid. */
function readVersion(info: InfoDictionary): TorrentVersion {
  const { members, notes } = info
  const number = integerMember(info, 'meta version') ?? 1
  const span = members.get('meta version')
  if (span !== undefined && integerMember(info, 'meta version') === undefined)
    notes.add('wrong-type', span.start)
  if (number > 2)
    throw badMember(
      info,
      'meta version',
      `the torrent has meta version ${number}; versions 1 and 2 are known`,
    )
  const hasPieces = stringMember(info, 'pieces') !== undefined
  if (number === 2) return hasPieces && listsFiles(info) ? 'hybrid' : 'v2'
  if (!members.has('pieces'))
    throw badMember(info, 'pieces', 'the torrent has no "pieces" (v1) and no "meta version" (v2)')
  const tree = members.get('file tree')
  if (tree !== undefined) notes.add('tree-without-version', tree.start)
  return 'v1'
}

/** Whether the dictionary has a v1 file list. */
function listsFiles(info: InfoDictionary): boolean {
  const files = info.members.get('files')
  return info.members.has('length') || (files !== undefined && rescan(info.file, files.start).next === 'list')
}

function listFiles(
  info: InfoDictionary,
  version: TorrentVersion,
  name: Uint8Array,
  pieceLength: number,
): readonly ListedFile[] {
  if (version === 'v1') return readFiles(info, name)
  const tree = readFileTree(info, name)
  return version === 'v2' ? tree : mergeHybridFiles(info, readFiles(info, name), tree, pieceLength)
}

/** Assigns offsets. In v1, files follow each other without gaps; in v2, each non-empty file begins a new piece. */
function placeFiles(
  info: InfoDictionary,
  files: readonly ListedFile[],
  version: TorrentVersion,
  pieceLength: number,
): readonly TorrentFile[] {
  let end = 0
  for (const file of files) {
    const aligned = version === 'v2' && file.length > 0
    file.offset = aligned ? Math.ceil(end / pieceLength) * pieceLength : end
    end = file.offset + file.length
    if (!Number.isSafeInteger(end)) {
      throw badMember(info, version === 'v2' ? 'file tree' : 'files', 'the files have more than 2^53 bytes')
    }
  }
  return files
}

function countPieces(info: InfoDictionary, files: readonly TorrentFile[], pieceLength: number): number {
  const last = files.at(-1)
  const count = last === undefined ? 0 : Math.ceil((last.offset + last.length) / pieceLength)
  if (count === 0) throw badMember(info, 'pieces', 'the torrent has no data: all of its files are empty')
  if (count > MAX_PIECES) {
    throw badMember(info, 'piece length', `the torrent has ${count} pieces, more than ${MAX_PIECES}`)
  }
  return count
}
