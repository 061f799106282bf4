import { firstIndex } from '../../base/binary-search.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import { MERKLE_HASH_LENGTH } from './merkle.ts'
import { toHex } from '../../base/bytes.ts'
import type { Metainfo } from './metainfo.ts'
import type { TorrentFile } from './listed-file.ts'
import { PIECE_HASH_LENGTH } from './metainfo-v1.ts'

/** The piece space: in v1 the files are one run of bytes; in v2 the last piece of each file ends with the file. */
export type PieceSpace = 'v1' | 'v2'

/** A part of a piece, as in a *request*; begin and length in bytes. */
export interface BlockPlace {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/**
 * Length of a piece, in bytes.
 * @param space by default v1 if the torrent has v1 hashes; in v2 the pieces of a hybrid do not include pad files
 * @throws RangeError when the piece does not exist
 */
export function pieceLengthAt(metainfo: Metainfo, piece: number, space = defaultSpace(metainfo)): number {
  checkPiece(metainfo, piece)
  const start = piece * metainfo.pieceLength
  const last = space === 'v1' ? metainfo.files.at(-1) : fileAt(metainfo, start)
  const end = last === undefined ? start : last.offset + last.length
  return Math.min(metainfo.pieceLength, end - start)
}

/** Length of the longest piece, in bytes: the size of a buffer for any piece. The nominal piece length may be far above it. */
export function longestPieceLength({ files, pieceLength, version }: Metainfo): number {
  const runs = version === 'v2' ? files.map(({ length }) => length) : [endOf(files.at(-1))]
  return Math.min(
    pieceLength,
    runs.reduce((longest, length) => Math.max(longest, length), 0),
  )
}

function endOf(file: { readonly offset: number; readonly length: number } | undefined): number {
  return file === undefined ? 0 : file.offset + file.length
}

/** Number of blocks of 16 KiB in a piece; the last one may be shorter. */
export function blockCountAt(metainfo: Metainfo, piece: number, space = defaultSpace(metainfo)): number {
  return Math.ceil(pieceLengthAt(metainfo, piece, space) / BLOCK_LENGTH)
}

/**
 * The position of a block.
 * @throws RangeError when the piece or block does not exist
 */
export function blockAt(
  metainfo: Metainfo,
  piece: number,
  block: number,
  space = defaultSpace(metainfo),
): BlockPlace {
  const pieceLength = pieceLengthAt(metainfo, piece, space)
  const begin = block * BLOCK_LENGTH
  if (!Number.isInteger(block) || block < 0 || begin >= pieceLength) {
    throw new RangeError(`piece ${piece} has no block ${block}`)
  }
  return { piece, begin, length: Math.min(BLOCK_LENGTH, pieceLength - begin) }
}

/** SHA-1 of a piece, or undefined in a v2 torrent. @throws RangeError when the piece does not exist */
export function pieceHash(metainfo: Metainfo, piece: number): Uint8Array | undefined {
  checkPiece(metainfo, piece)
  return metainfo.pieceHashes?.subarray(piece * PIECE_HASH_LENGTH, (piece + 1) * PIECE_HASH_LENGTH)
}

/**
 * Merkle hash of a piece (v2, hybrid): its entry in the piece layer, or the pieces root of a file of one piece. Undefined
 * in v1, and when the piece layer is not known.
 * @throws RangeError when the piece does not exist
 */
export function merklePieceHash(metainfo: Metainfo, piece: number): Uint8Array | undefined {
  checkPiece(metainfo, piece)
  const file = fileAt(metainfo, piece * metainfo.pieceLength)
  if (file?.piecesRoot === undefined) return undefined
  if (file.length <= metainfo.pieceLength) return file.piecesRoot
  const at = (piece - file.offset / metainfo.pieceLength) * MERKLE_HASH_LENGTH
  return metainfo.pieceLayers?.get(toHex(file.piecesRoot))?.subarray(at, at + MERKLE_HASH_LENGTH)
}

/** The file, pad or not, that holds the byte at this offset of piece space; undefined past the last file and in the gaps of v2. */
export function fileAt(metainfo: Metainfo, offset: number): TorrentFile | undefined {
  const found = metainfo.files[firstFileEndingAfter(metainfo.files, offset)]
  const inside = found !== undefined && offset >= found.offset && offset < found.offset + found.length
  return inside ? found : undefined
}

/** Index of the first file that ends after the offset, or the file count when none does; files are in the order of their offsets. */
export function firstFileEndingAfter(
  files: readonly { readonly offset: number; readonly length: number }[],
  offset: number,
): number {
  // empty files end where they begin, so they are skipped
  return firstIndex(files.length, (index) => endOf(files[index]) > offset)
}

function defaultSpace({ version }: Metainfo): PieceSpace {
  return version === 'v2' ? 'v2' : 'v1'
}

function checkPiece({ pieceCount }: Metainfo, piece: number): void {
  if (!Number.isInteger(piece) || piece < 0 || piece >= pieceCount) {
    throw new RangeError(`there is no piece ${piece} among ${pieceCount}`)
  }
}
