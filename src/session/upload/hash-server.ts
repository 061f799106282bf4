import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { concat, toHex } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import { expectedHashCount, hashRequestDefect, type HashRequest } from '../../wire/message/hash-request.ts'
import { merkleHeight, merkleRoot, padHash, type Sha256 } from '../../wire/torrent/merkle.ts'

/** A file whose hashes are served. */
export interface HashedFile {
  readonly piecesRoot: Uint8Array
  /** Length of the file in bytes; at least 1. */
  readonly length: number
  /** A power of two, at least 16384. */
  readonly pieceLength: number
  /** The piece layer: one hash per piece. Empty for a file of one piece. */
  readonly pieceHashes: readonly Uint8Array[]
  /**
   * The hashes of the blocks `first` to `first + count - 1`, which all exist. If they are unknown (undefined), or the
   * function is omitted, only the piece layer is served.
   */
  readonly blockHashes?: (first: number, count: number) => readonly Uint8Array[] | undefined
}

/** The answer to a hash request: the hashes, or the reason for a reject. */
export type HashAnswer =
  | { readonly type: 'hashes'; readonly request: HashRequest; readonly hashes: Uint8Array }
  | { readonly type: 'hash-reject'; readonly request: HashRequest; readonly reason: string }

/**
 * Answers hash requests, each with *hashes* or *hash reject*. Serves the block layer and the layers from the piece layer
 * up; rejects requests that do not fit the tree of the file.
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export class HashServer {
  readonly #trees: ReadonlyMap<string, ServedTree>

  /** @throws RangeError when a file has a wrong number of piece hashes */
  constructor(files: readonly HashedFile[], sha256: Sha256 = nobleSha256) {
    this.#trees = new Map(files.map((file) => [toHex(file.piecesRoot), new ServedTree(file, sha256)]))
  }

  answer(request: HashRequest): HashAnswer {
    const tree = this.#trees.get(toHex(request.piecesRoot))
    if (tree === undefined) return { type: 'hash-reject', request, reason: 'no such file' }
    const defect = hashRequestDefect(request, tree.height)
    if (defect?.level === 'must') return { type: 'hash-reject', request, reason: defect.reason }
    const hashes = tree.hashes(request)
    return hashes === undefined
      ? { type: 'hash-reject', request, reason: `layer ${request.baseLayer} is not served` }
      : { type: 'hashes', request, hashes: concat(hashes) }
  }
}

class ServedTree {
  readonly height: number
  readonly #file: HashedFile
  readonly #sha256: Sha256
  readonly #blockCount: number
  readonly #pieceLayer: number
  /** The layers from the pieces up to the root, without pad hashes; computed on first use. */
  #layers: readonly (readonly Uint8Array[])[] | undefined

  constructor(file: HashedFile, sha256: Sha256) {
    this.#file = file
    this.#sha256 = sha256
    this.#blockCount = Math.ceil(file.length / BLOCK_LENGTH)
    this.height = merkleHeight(this.#blockCount)
    // the piece layer of a file of one piece is its root
    this.#pieceLayer = Math.min(this.height, merkleHeight(file.pieceLength / BLOCK_LENGTH))
    const pieces = Math.ceil(file.length / file.pieceLength)
    if (file.pieceHashes.length !== (pieces > 1 ? pieces : 0))
      throw new RangeError(`${file.pieceHashes.length} piece hashes for ${pieces} pieces`)
  }

  /** The run and its uncle hashes; undefined when we do not know them. The request must fit the tree. */
  hashes(request: HashRequest): Uint8Array[] | undefined {
    const { baseLayer, index, length } = request
    const run = this.#run(baseLayer, index, length)
    if (run === undefined) return undefined
    const span = merkleHeight(length)
    let position = index / length
    for (let i = 0; i < expectedHashCount(request) - length; i++) {
      const uncle = this.#node(baseLayer + span + i, position % 2 === 0 ? position + 1 : position - 1)
      if (uncle === undefined) return undefined
      run.push(uncle)
      position = Math.floor(position / 2)
    }
    return run
  }

  #run(layer: number, index: number, length: number): Uint8Array[] | undefined {
    if (layer >= this.#pieceLayer) {
      const nodes = this.#layer(layer).slice(index, index + length)
      return padded(nodes, length, padHash(layer, this.#sha256))
    }
    // BEP 52 requires the block and piece layers; a layer between them would cost up to 2^layer hashes per node
    return layer === 0 ? this.#leaves(index, length) : undefined
  }

  /** One node: looked up from the piece layer up, computed from the blocks of at most one piece below it. */
  #node(layer: number, index: number): Uint8Array | undefined {
    if (layer >= this.#pieceLayer) return this.#layer(layer)[index] ?? padHash(layer, this.#sha256)
    const leaves = this.#leaves(index * 2 ** layer, 2 ** layer)
    return leaves && merkleRoot(leaves, 0, layer, this.#sha256)
  }

  /** Hashes of blocks, zeros past the end of the file. */
  #leaves(first: number, count: number): Uint8Array[] | undefined {
    const real = Math.min(count, this.#blockCount - first)
    const known = real > 0 ? this.#file.blockHashes?.(first, real) : []
    return known && padded([...known], count, padHash(0))
  }

  #layer(layer: number): readonly Uint8Array[] {
    this.#layers ??= this.#build()
    return this.#layers[layer - this.#pieceLayer] ?? []
  }

  #build(): Uint8Array[][] {
    let nodes = this.#file.pieceHashes.length > 0 ? [...this.#file.pieceHashes] : [this.#file.piecesRoot]
    const layers = [nodes]
    for (let layer = this.#pieceLayer; layer < this.height; layer++) {
      const below = nodes
      const pad = padHash(layer, this.#sha256)
      nodes = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
        this.#sha256(concat([below[2 * i] ?? pad, below[2 * i + 1] ?? pad])),
      )
      layers.push(nodes)
    }
    return layers
  }
}

function padded(hashes: Uint8Array[], length: number, pad: Uint8Array): Uint8Array[] {
  while (hashes.length < length) hashes.push(pad)
  return hashes
}
