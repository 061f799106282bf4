import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { MAX_METAINFO_ITEMS, MAX_PIECES, MAX_TORRENT_LENGTH } from '../../base/limits.ts'
import { type BencodeDictionary, decodeBencodeMembers } from '../bencode.ts'
import { readFileTree } from './file-tree.ts'
import {
  badMember,
  badTorrent,
  type InfoDictionary,
  type ListedFile,
  readInfoDictionary,
  readName,
  readPieceLength,
} from './info-dictionary.ts'
import type { InfoHashes } from './info-hash.ts'
import type { Sha256 } from './merkle.ts'
import { readFiles, readPieceHashes } from './metainfo-v1.ts'
import { checkV2PieceLength, mergeHybridFiles, type PieceLayers, readPieceLayers } from './metainfo-v2.ts'

/** Which hashes a torrent has: SHA-1 over pieces, merkle trees over files, or both. */
export type TorrentVersion = 'v1' | 'v2' | 'hybrid'

/** A file and its place in piece space. */
export interface TorrentFile {
  /**
   * Raw path elements below the download folder, the torrent's name first; not always UTF-8. Write files
   * under `safeFilePath(path)` only.
   */
  readonly path: readonly Uint8Array[]
  /** In bytes. */
  readonly length: number
  /** Of its first byte, counted in bytes from the start of piece 0. */
  readonly offset: number
  /** Zeros that only fill up a piece (BEP 47): served, never written. */
  readonly pad: boolean
  /** Root of its merkle tree; undefined in v1 and for empty files. */
  readonly piecesRoot: Uint8Array | undefined
}

/** What a .torrent or an info dictionary says. Trackers and web seeds are not kept: they hold passkeys. */
export interface Metainfo {
  /** Raw, not always UTF-8. */
  readonly name: Uint8Array
  readonly infoHashes: InfoHashes
  readonly version: TorrentVersion
  /** In bytes; the last piece, and in v2 the last of each file, is shorter: see `pieceLengthAt`. */
  readonly pieceLength: number
  /** 1 to MAX_PIECES. */
  readonly pieceCount: number
  /** Bytes of all files, pad files not counted. */
  readonly totalLength: number
  /** In the order of the pieces; v1 and hybrid lists have their pad files. */
  readonly files: readonly TorrentFile[]
  /** BEP 27. */
  readonly private: boolean
  /** SHA-1 of each piece, 20 bytes each; undefined in v2. */
  readonly pieceHashes: Uint8Array | undefined
  /**
   * Checked against the pieces roots; undefined in v1, in a hybrid whose file has none, and when all there is is an info
   * dictionary, which never has.
   */
  readonly pieceLayers: PieceLayers | undefined
  /** The info dictionary as it came, sharing memory with the input: what ut_metadata serves and the info hashes are over. */
  readonly infoBytes: Uint8Array
}

/** Hash functions to use in place of those in plain JavaScript, e.g. of node:crypto. */
export interface HashFunctions {
  readonly sha1?: (bytes: Uint8Array) => Uint8Array
  readonly sha256?: Sha256
}

/**
 * Reads a .torrent file: v1, v2 or hybrid.
 * @throws PeerError E_BAD_TORRENT with the offset of the member at fault
 * @see https://www.bittorrent.org/beps/bep_0003.html "metainfo files"
 * @see https://www.bittorrent.org/beps/bep_0052.html
 */
export function decodeMetainfo(bytes: Uint8Array, hash: HashFunctions = {}): Metainfo {
  if (bytes.length > MAX_TORRENT_LENGTH) {
    throw badTorrent(`the file has ${bytes.length} bytes, more than ${MAX_TORRENT_LENGTH}`, 0)
  }
  const result = decodeBencodeMembers(bytes, { maxItems: MAX_METAINFO_ITEMS })
  if (!result.ok) throw badTorrent(`the file is no bencoded dictionary: ${result.reason}`, result.offset)
  const infoBytes = result.slices.get('info')
  if (infoBytes === undefined) throw badTorrent('the file has no info dictionary', 0)
  const metainfo = readInfo(readInfoDictionary(infoBytes, infoBytes.byteOffset - bytes.byteOffset), hash)
  if (metainfo.version === 'v1') return metainfo
  const layers = result.value.get('piece layers')
  // the SHA-1 hashes of a hybrid prove its pieces without them
  if (layers === undefined && metainfo.version === 'hybrid') return metainfo
  const start = (result.slices.get('piece layers')?.byteOffset ?? bytes.byteOffset) - bytes.byteOffset
  if (!(layers instanceof Map)) throw badTorrent('a v2 torrent without "piece layers"', start)
  const dictionary: BencodeDictionary = layers
  const { files, pieceLength } = metainfo
  const sha256 = hash.sha256 ?? nobleSha256
  return { ...metainfo, pieceLayers: readPieceLayers(dictionary, files, pieceLength, start, sha256) }
}

/**
 * Reads a bare info dictionary, as ut_metadata brings it (BEP 9). It is not checked against a hash: compare `infoHashes`.
 * @throws PeerError E_BAD_TORRENT with the offset of the member at fault
 */
export function decodeInfo(infoBytes: Uint8Array, hash: HashFunctions = {}): Metainfo {
  if (infoBytes.length > MAX_TORRENT_LENGTH) {
    throw badTorrent(`the info dictionary has ${infoBytes.length} bytes, more than ${MAX_TORRENT_LENGTH}`, 0)
  }
  return readInfo(readInfoDictionary(infoBytes, 0), hash)
}

function readInfo(info: InfoDictionary, hash: HashFunctions): Metainfo {
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
    private: info.members.get('private') === 1,
    pieceHashes: version === 'v2' ? undefined : readPieceHashes(info, pieceCount),
    pieceLayers: undefined,
    infoBytes: info.bytes,
  }
}

/** The number comes first, so that a torrent of a later version is named as one instead of as broken. */
function readVersion(info: InfoDictionary): TorrentVersion {
  const number = info.members.get('meta version') ?? 1
  if (number !== 1 && number !== 2) {
    const what = typeof number === 'number' ? `meta version ${number}` : 'a meta version that is no number'
    throw badMember(info, 'meta version', `the torrent has ${what}; versions 1 and 2 are known`)
  }
  const hasPieces = info.members.has('pieces')
  if (number === 2) return hasPieces ? 'hybrid' : 'v2'
  if (!hasPieces)
    throw badMember(info, 'pieces', 'the torrent has no "pieces" (v1) and no "meta version" (v2)')
  return 'v1'
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

/** In v1 files follow each other without gaps; in v2 each one that is not empty begins a new piece. */
function placeFiles(
  info: InfoDictionary,
  files: readonly ListedFile[],
  version: TorrentVersion,
  pieceLength: number,
): readonly TorrentFile[] {
  let end = 0
  return files.map((file) => {
    const aligned = version === 'v2' && file.length > 0
    const offset = aligned ? Math.ceil(end / pieceLength) * pieceLength : end
    end = offset + file.length
    if (!Number.isSafeInteger(end)) {
      throw badMember(info, version === 'v2' ? 'file tree' : 'files', 'the files have more than 2^53 bytes')
    }
    return { ...file, offset }
  })
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
