import { concat, equalBytes, toHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH, RECOMMENDED_HASH_REQUEST_LENGTH } from '../../base/limits.ts'
import type { Clock } from '../../net/clock.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { MerkleProofReport } from '../../report/model/fetch-block.ts'
import { hashRequestToRoot, type FileTree } from '../../session/download/hash-requests.ts'
import { hashBlocks, merkleHeight, merkleRoot } from '../../wire/torrent/merkle.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { TorrentFile } from '../../wire/torrent/listed-file.ts'
import { fileAt } from '../../wire/torrent/piece-layout.ts'
import { askProof, type ProvenHashes } from '../metadata/fetch-piece-layers.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'

/** A fetched range and its position in the piece; offset in bytes. */
export interface FetchedRange {
  readonly piece: number
  readonly offset: number
  readonly data: Uint8Array
}

/** What a proof can use besides the range itself. */
export interface ProofSources {
  readonly connection: PeerConnection
  readonly clock: Clock
  /** Fetches more bytes of the same piece. */
  readonly fetch: (begin: number, length: number) => Promise<Uint8Array>
}

/** Adjacent nodes in one layer of a file's merkle tree, as a hash request names them. */
interface Run {
  readonly baseLayer: number
  readonly index: number
  readonly length: number
}

/** The nodes that cover a range: their index in the layer, their bytes in the piece, and the run to request. */
interface Cover {
  readonly run: Run
  readonly first: number
  readonly count: number
  readonly begin: number
  readonly end: number
}

/**
 * Proves a range of a v2 piece: fetches the rest of its first and last block, asks the peer for the hashes of these
 * blocks with their path to the pieces root, and compares. If that takes more than 512 hashes, which a peer need not
 * send, it fetches the whole piece and compares its hash instead.
 *
 * @returns undefined if the piece is not part of a file with a pieces root, as in v1
 * @throws PeerError E_BLOCK_PROOF, E_HASHES_REJECTED, E_HASHES_TIMEOUT, or what `fetch` throws
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export async function proveBlock(
  metainfo: Metainfo,
  range: FetchedRange,
  { connection, clock, fetch }: ProofSources,
): Promise<MerkleProofReport | undefined> {
  const file = fileAt(metainfo, range.piece * metainfo.pieceLength)
  if (file?.piecesRoot === undefined) return undefined
  const { piecesRoot } = file
  const tree = { piecesRoot, height: merkleHeight(Math.ceil(file.length / BLOCK_LENGTH)) }
  const cover = coverOf(range, file, metainfo, tree.height)
  const nodes = hashNodes(await fill(range, cover, fetch), cover)
  const { run, hashes, uncles } = await hashesOf(tree, cover.run, connection, clock)
  const wrong = nodes.findIndex((node, i) => {
    const expected = hashes[cover.first - run.index + i]
    return expected === undefined || !equalBytes(node, expected)
  })
  if (wrong >= 0) throw badBlock(range.piece, cover, wrong)
  return { piecesRoot: toHex(piecesRoot), ...run, hashes: [...hashes, ...uncles].map(toHex) }
}

/**
 * The blocks of the range, or the whole piece if their run is too long: a peer need not serve the layers in between.
 * Cut off at the end of the piece.
 */
function coverOf(range: FetchedRange, file: TorrentFile, { pieceLength }: Metainfo, height: number): Cover {
  const pieceLayer = Math.min(height, merkleHeight(pieceLength / BLOCK_LENGTH))
  const blocks = coverIn(0, range, file, pieceLength)
  const isShort = blocks.run.length <= RECOMMENDED_HASH_REQUEST_LENGTH
  const cover = isShort ? blocks : coverIn(pieceLayer, range, file, pieceLength)
  // this is the root itself, which does not have a sibling
  return cover.run.baseLayer === height ? { ...cover, run: { ...cover.run, length: 1 } } : cover
}

function coverIn(
  baseLayer: number,
  { piece, offset, data }: FetchedRange,
  file: TorrentFile,
  pieceLength: number,
): Cover {
  const span = BLOCK_LENGTH * 2 ** baseLayer
  const pieceStart = piece * pieceLength - file.offset
  const begin = offset - (offset % span)
  const count = Math.ceil((offset + data.length - begin) / span)
  const first = (pieceStart + begin) / span
  const length = runLength(first, count)
  const end = Math.min(begin + count * span, file.length - pieceStart)
  return { run: { baseLayer, index: first - (first % length), length }, first, count, begin, end }
}

/** Length of the shortest run that a hash request may name: a power of two, at least 2, aligned to its length. */
function runLength(first: number, count: number): number {
  let length = 2
  while (Math.floor(first / length) !== Math.floor((first + count - 1) / length)) length *= 2
  return length
}

/** The bytes of the nodes: the range, and the missing bytes around it. */
async function fill(
  { offset, data }: FetchedRange,
  { begin, end }: Cover,
  fetch: ProofSources['fetch'],
): Promise<Uint8Array> {
  const before = begin < offset ? await fetch(begin, offset - begin) : new Uint8Array()
  const rangeEnd = offset + data.length
  const after = rangeEnd < end ? await fetch(rangeEnd, end - rangeEnd) : new Uint8Array()
  return concat([before, data, after])
}

function hashNodes(bytes: Uint8Array, { run: { baseLayer }, count }: Cover): Uint8Array[] {
  const { sha256 } = NODE_HASHES
  const leaves = hashBlocks(bytes, sha256)
  const width = 2 ** baseLayer
  return Array.from({ length: count }, (_, i) =>
    merkleRoot(leaves.slice(i * width, (i + 1) * width), 0, baseLayer, sha256),
  )
}

/** A file of one block does not need a request: its only hash is the root. */
async function hashesOf(
  tree: FileTree,
  run: Run,
  connection: PeerConnection,
  clock: Clock,
): Promise<ProvenHashes & { readonly run: Run }> {
  if (run.baseLayer === tree.height) return { run, hashes: [tree.piecesRoot], uncles: [] }
  const proven = await askProof(connection, tree, hashRequestToRoot(tree, run), clock)
  return { run, hashes: proven.hashes, uncles: proven.uncles }
}

function badBlock(piece: number, { run: { baseLayer }, begin }: Cover, wrong: number): PeerError {
  const at = begin + wrong * BLOCK_LENGTH * 2 ** baseLayer
  return new PeerError('E_BLOCK_PROOF', `piece ${piece} is not what the torrent says from offset ${at} on`, {
    phase: 'transfer',
    reference: 'BEP 52',
    hint: 'this peer sends bad data for the block; nothing was written',
  })
}
