import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { concat, equalBytes } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'

/** SHA-256 of the bytes, 32 bytes. Callers on Node pass node:crypto, which is several times faster. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Length of every hash in a Merkle tree, in bytes. */
export const MERKLE_HASH_LENGTH = 32

/** Highest possible layer of a root: a file of 2^53 bytes has 2^39 blocks. */
const MAX_HEIGHT = 39

/** Whether a proof leads to its root, and if not, why. */
export type MerkleCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Part of a tree with its proof up to the root: the content of a *hashes* message. */
export interface MerkleProof {
  /** Layer of `hashes`; 0 is the layer of the blocks. */
  readonly baseLayer: number
  /** Position of the first of `hashes` in its layer; a multiple of their count. */
  readonly index: number
  /** Adjacent hashes of one layer; their count is a power of two. */
  readonly hashes: readonly Uint8Array[]
  /** The sibling at each step towards the root, lowest first. */
  readonly uncles: readonly Uint8Array[]
}

/**
 * The leaf of one block: the hash of its actual bytes, without padding.
 * @param block 1 to 16384 bytes
 * @see https://www.bittorrent.org/beps/bep_0052.html
 */
export function hashBlock(block: Uint8Array, sha256: Sha256 = nobleSha256): Uint8Array {
  if (block.length === 0 || block.length > BLOCK_LENGTH) {
    throw new RangeError(`a block has 1 to ${BLOCK_LENGTH} bytes, not ${block.length}`)
  }
  return sha256(block)
}

/** The leaves of a file or a piece, in order: one per block of 16 KiB, the last one maybe shorter. */
export function hashBlocks(data: Uint8Array, sha256: Sha256 = nobleSha256): Uint8Array[] {
  return Array.from({ length: Math.ceil(data.length / BLOCK_LENGTH) }, (_, i) =>
    hashBlock(data.subarray(i * BLOCK_LENGTH, (i + 1) * BLOCK_LENGTH), sha256),
  )
}

/** Number of layers between `width` hashes and their root: 0 for one, 3 for five to eight. */
export function merkleHeight(width: number): number {
  let height = 0
  while (2 ** height < width) height++
  return height
}

/** The hash in a layer for data past the end of the file: zeros as a leaf, and above that the hash of two pads below. */
export function padHash(layer: number, sha256: Sha256 = nobleSha256): Uint8Array {
  let hash: Uint8Array = new Uint8Array(MERKLE_HASH_LENGTH)
  for (let i = 0; i < layer; i++) hash = hashPair(hash, hash, sha256)
  return hash
}

/**
 * The root above the hashes of one layer, padded with pad hashes.
 * @param hashes at least one, at most 2^(height - layer)
 * @param layer which layer they are; default 0, the blocks
 * @param height layer of the root; by default the lowest possible
 * @throws RangeError when they do not fit under `height`, a bug in the caller
 */
export function merkleRoot(
  hashes: readonly Uint8Array[],
  layer = 0,
  height = layer + merkleHeight(hashes.length),
  sha256: Sha256 = nobleSha256,
): Uint8Array {
  if (hashes.length === 0 || height > MAX_HEIGHT || hashes.length > 2 ** (height - layer)) {
    throw new RangeError(`${hashes.length} hashes of layer ${layer} have no root at layer ${height}`)
  }
  let nodes = hashes
  let pad = padHash(layer, sha256)
  for (let at = layer; at < height; at++) {
    nodes = pairUp(nodes, pad, sha256)
    pad = hashPair(pad, pad, sha256)
  }
  return nodes[0] as Uint8Array
}

/**
 * Number of uncles in a *hashes* message for a request of `length` hashes and `proofLayers` layers: the layers that the
 * hashes themselves span count in `proofLayers`, but are not sent.
 * @param length a power of two, at least 2
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export function uncleCount(length: number, proofLayers: number): number {
  return Math.max(0, proofLayers - (merkleHeight(length) - 1))
}

/**
 * Checks that a part of a tree leads to its root. Works for any subtree: pass the hash of a piece as `root` and its layer
 * as `height` to check blocks against a piece layer.
 * @param height layer of `root`
 * @returns `ok: false` with the reason for any error by a peer; never throws
 */
export function verifyProof(
  proof: MerkleProof,
  root: Uint8Array,
  height: number,
  sha256: Sha256 = nobleSha256,
): MerkleCheck {
  const reason = misfit(proof, height)
  if (reason !== undefined) return { ok: false, reason }
  const { baseLayer, hashes, uncles } = proof
  const span = merkleHeight(hashes.length)
  let position = proof.index / hashes.length
  let node = merkleRoot(hashes, baseLayer, baseLayer + span, sha256)
  for (const uncle of uncles) {
    node = position % 2 === 0 ? hashPair(node, uncle, sha256) : hashPair(uncle, node, sha256)
    position = Math.floor(position / 2)
  }
  return equalBytes(node, root) ? { ok: true } : { ok: false, reason: 'the hashes do not lead to the root' }
}

function misfit({ baseLayer, index, hashes, uncles }: MerkleProof, height: number): string | undefined {
  const span = merkleHeight(hashes.length)
  if (height > MAX_HEIGHT) return `no file has a tree of ${height} layers`
  if (hashes.length === 0 || 2 ** span !== hashes.length)
    return `${hashes.length} hashes are not a power of two`
  if (index % hashes.length !== 0) return `index ${index} is not a multiple of ${hashes.length}`
  if (index + hashes.length > 2 ** (height - baseLayer)) return 'the hashes are outside the layer'
  if (baseLayer + span + uncles.length !== height) {
    return `${uncles.length} uncles do not reach from layer ${baseLayer + span} to the root at ${height}`
  }
  const odd = [...hashes, ...uncles].find((hash) => hash.length !== MERKLE_HASH_LENGTH)
  return odd === undefined ? undefined : `a hash has ${odd.length} bytes, not ${MERKLE_HASH_LENGTH}`
}

function pairUp(nodes: readonly Uint8Array[], pad: Uint8Array, sha256: Sha256): Uint8Array[] {
  return Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) =>
    hashPair(nodes[2 * i] as Uint8Array, nodes[2 * i + 1] ?? pad, sha256),
  )
}

function hashPair(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concat([left, right]))
}
