import { createHash } from 'node:crypto'
import { equalBytes } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { HashFunctions, Metainfo } from '../../wire/torrent/metainfo.ts'
import { hashBlocks, merkleHeight, merkleRoot } from '../../wire/torrent/merkle.ts'
import { fileAt, merklePieceHash, pieceHash, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'

/** The hash functions of OpenSSL, several times faster than those in plain JavaScript. */
export const NODE_HASHES: Required<HashFunctions> = {
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
}

/**
 * Whether a piece has every hash that the torrent gives it: SHA-1, the merkle hash of v2, or both in a hybrid. False
 * as well when the torrent gives it none, since nothing unproven may be taken for good.
 * @param bytes the whole piece, with the zeros of pad files behind it where v1 has them
 */
export function verifyPiece(metainfo: Metainfo, piece: number, bytes: Uint8Array): boolean {
  const sha1 = pieceHash(metainfo, piece)
  if (sha1 !== undefined && !equalBytes(NODE_HASHES.sha1(bytes), sha1)) return false
  const merkle = merklePieceHash(metainfo, piece)
  if (merkle === undefined) return sha1 !== undefined
  const data = bytes.subarray(0, pieceLengthAt(metainfo, piece, 'v2'))
  return equalBytes(pieceRoot(metainfo, piece, data), merkle)
}

/** A file of one piece has the tree of its own blocks; a longer one has pieces of one height. */
function pieceRoot(metainfo: Metainfo, piece: number, data: Uint8Array): Uint8Array {
  const { pieceLength } = metainfo
  const file = fileAt(metainfo, piece * pieceLength)
  const isWholeFile = file !== undefined && file.length <= pieceLength
  const leaves = hashBlocks(data, NODE_HASHES.sha256)
  const height = merkleHeight(isWholeFile ? leaves.length : pieceLength / BLOCK_LENGTH)
  return merkleRoot(leaves, 0, height, NODE_HASHES.sha256)
}
