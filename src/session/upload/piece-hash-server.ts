import { BLOCK_LENGTH, MAX_HASHED_BYTES } from '../../base/limits.ts'
import type { HashRequest } from '../../wire/message/hash-request.ts'
import { hashBlocks, type Sha256 } from '../../wire/torrent/merkle.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { TorrentFile } from '../../wire/torrent/listed-file.ts'
import { toHex } from '../../base/bytes.ts'
import { HashServer, type HashAnswer } from './hash-server.ts'

/** The range of bytes, in piece space, that leaf hashes are computed from. */
export interface LeafRange {
  readonly piece: number
  readonly length: number
}

/** Answers hash requests for a whole torrent. Leaf hashes are computed from its data, which is read on demand. */
export class PieceHashServer {
  readonly #metainfo: Metainfo
  readonly #sha256: Sha256 | undefined
  readonly #files: ReadonlyMap<string, TorrentFile>
  /** Block hashes for the current answer: those of one file from `first` on. */
  #leaves:
    { readonly root: string; readonly first: number; readonly hashes: readonly Uint8Array[] } | undefined
  readonly #server: HashServer

  constructor(metainfo: Metainfo, sha256?: Sha256) {
    this.#metainfo = metainfo
    this.#sha256 = sha256
    const files = metainfo.files.filter((file) => hasHashes(metainfo, file))
    this.#files = new Map(files.map((file) => [toHex(file.piecesRoot ?? new Uint8Array()), file]))
    this.#server = new HashServer(
      [...this.#files].map(([root, file]) => this.#hashedFile(root, file)),
      sha256,
    )
  }

  /** The range to read before `answer`: the whole pieces that contain the blocks. Undefined when nothing must be read. */
  leavesOf({ piecesRoot, baseLayer, index, length }: HashRequest): LeafRange | undefined {
    const file = this.#files.get(toHex(piecesRoot))
    const { pieceLength } = this.#metainfo
    const first = Math.floor((index * BLOCK_LENGTH) / pieceLength) * pieceLength
    const last = Math.ceil(((index + length) * BLOCK_LENGTH) / pieceLength) * pieceLength
    if (file === undefined || baseLayer !== 0 || first >= file.length) return undefined
    const bytes = Math.min(last, file.length) - first
    if (bytes > MAX_HASHED_BYTES) return undefined
    return { piece: (file.offset + first) / pieceLength, length: bytes }
  }

  /** @param data the bytes of the range from `leavesOf` */
  answer(request: HashRequest, range?: LeafRange, data?: Uint8Array): HashAnswer {
    const root = toHex(request.piecesRoot)
    const file = this.#files.get(root)
    if (range !== undefined && data !== undefined && file !== undefined) {
      const first = (range.piece * this.#metainfo.pieceLength - file.offset) / BLOCK_LENGTH
      this.#leaves = { root, first, hashes: hashBlocks(data, this.#sha256) }
    }
    const answer = this.#server.answer(request)
    this.#leaves = undefined
    return answer
  }

  #hashedFile(root: string, file: TorrentFile) {
    const { pieceLayers, pieceLength } = this.#metainfo
    const layer = pieceLayers?.get(root) ?? new Uint8Array()
    return {
      piecesRoot: file.piecesRoot ?? new Uint8Array(),
      length: file.length,
      pieceLength,
      pieceHashes: Array.from({ length: layer.length / 32 }, (_, i) => layer.subarray(i * 32, (i + 1) * 32)),
      blockHashes: (first: number, count: number) => this.#blockHashes(root, first, count),
    }
  }

  #blockHashes(root: string, first: number, count: number): readonly Uint8Array[] | undefined {
    const leaves = this.#leaves
    if (leaves === undefined || leaves.root !== root || first < leaves.first) return undefined
    const hashes = leaves.hashes.slice(first - leaves.first, first - leaves.first + count)
    return hashes.length === count ? hashes : undefined
  }
}

/** A bare info dictionary has no piece layers; only files of one piece do not need them. */
function hasHashes({ pieceLayers, pieceLength }: Metainfo, { piecesRoot, length }: TorrentFile): boolean {
  return piecesRoot !== undefined && (length <= pieceLength || pieceLayers?.has(toHex(piecesRoot)) === true)
}
