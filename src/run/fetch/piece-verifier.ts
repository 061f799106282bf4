import { equalBytes } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { hashBlocks, merkleHeight, merkleRoot } from '../../wire/torrent/merkle.ts'
import { fileAt, merklePieceHash, pieceHash, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'

/**
 * Whether a piece matches every hash that the torrent has for it: SHA-1, the v2 merkle hash, or both in a hybrid. Also
 * false if the torrent does not have a hash for it, because unproven data never counts as good.
 * @param bytes the whole piece, followed by the zeros of pad files where v1 has them
 * @throws PeerError E_HASHES_CONTRADICT if only one of two hashes matches, which a peer cannot cause
 */
export function verifyPiece(metainfo: Metainfo, piece: number, bytes: Uint8Array): boolean {
  const sha1 = pieceHash(metainfo, piece)
  const merkle = merklePieceHash(metainfo, piece)
  const holdsV1 = sha1 !== undefined && equalBytes(NODE_HASHES.sha1(bytes), sha1)
  if (merkle === undefined) return holdsV1
  const holdsV2 = equalBytes(pieceRoot(metainfo, piece, bytes), merkle)
  if (sha1 === undefined || holdsV1 === holdsV2) return holdsV2
  const [held, other] = holdsV1 ? ['v1', 'v2'] : ['v2', 'v1']
  throw contradiction(
    `piece ${piece} has the ${held} hash that the torrent gives it, and not the ${other} hash`,
  )
}

/** A file of one piece has a tree of just its own blocks; in a longer file, all pieces have the same height. */
function pieceRoot(metainfo: Metainfo, piece: number, bytes: Uint8Array): Uint8Array {
  const { pieceLength } = metainfo
  const file = fileAt(metainfo, piece * pieceLength)
  const isWholeFile = file !== undefined && file.length <= pieceLength
  const leaves = hashBlocks(bytes.subarray(0, pieceLengthAt(metainfo, piece, 'v2')), NODE_HASHES.sha256)
  const height = merkleHeight(isWholeFile ? leaves.length : pieceLength / BLOCK_LENGTH)
  return merkleRoot(leaves, 0, height, NODE_HASHES.sha256)
}

/**
 * The files of a hybrid with unknown piece layers. The v2 root of a file is checked once all of its pieces match their
 * SHA-1 hashes. Keeps 32 bytes per piece.
 */
export class FileRoots {
  readonly #metainfo: Metainfo
  readonly #hashes = new Map<Metainfo['files'][number], Map<number, Uint8Array>>()

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo
  }

  /**
   * Adds a piece that matches its SHA-1 hash.
   * @throws PeerError E_HASHES_CONTRADICT if it completes a file that does not match its v2 root
   */
  add(piece: number, bytes: Uint8Array): void {
    const { pieceLength } = this.#metainfo
    const file = fileAt(this.#metainfo, piece * pieceLength)
    if (file?.piecesRoot === undefined || merklePieceHash(this.#metainfo, piece) !== undefined) return
    const known = this.#hashes.get(file) ?? new Map<number, Uint8Array>()
    this.#hashes.set(file, known.set(piece, pieceRoot(this.#metainfo, piece, bytes)))
    if (known.size < Math.ceil(file.length / pieceLength)) return
    const hashes = [...known].sort(([a], [b]) => a - b).map(([, hash]) => hash)
    const height = merkleHeight(Math.ceil(file.length / BLOCK_LENGTH))
    const root = merkleRoot(hashes, Math.log2(pieceLength / BLOCK_LENGTH), height, NODE_HASHES.sha256)
    if (equalBytes(root, file.piecesRoot)) return
    const first = file.offset / pieceLength
    throw contradiction(
      `pieces ${first} to ${first + hashes.length - 1} have the v1 hashes that the torrent gives them, and their file does not have its v2 root`,
    )
  }
}

/** The error for a hybrid whose hashes contradict each other: the peer that sends the data is not to blame. */
function contradiction(what: string): PeerError {
  return new PeerError('E_HASHES_CONTRADICT', `the torrent contradicts itself: ${what}`, {
    phase: 'transfer',
    reference: 'BEP 52',
    hint: 'the peer is not to blame: get the torrent anew from whoever made it',
  })
}
