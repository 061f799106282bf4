import { concat, toHex } from '../../base/bytes.ts'
import { PeerError, type ErrorCode } from '../../base/errors.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { Clock } from '../../net/clock.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import {
  HashRequestManager,
  pieceLayerRequests,
  type FileTree,
} from '../../session/download/hash-requests.ts'
import type { Bitfield } from '../../wire/bitfield.ts'
import type { HashRequest } from '../../wire/message/hash-request.ts'
import type { Message } from '../../wire/message/message.ts'
import { merkleHeight } from '../../wire/torrent/merkle.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { TorrentFile } from '../../wire/torrent/listed-file.ts'
import { refuse } from '../session/listen.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'

/** Longest wait for the answer to a hash request, in milliseconds. */
const HASHES_TIMEOUT_MS = 30_000

/**
 * Adds the piece layers of the files that contain the pieces, which v2 metadata does not include. Requests them from
 * the peer and verifies them against the pieces roots. Returns the metainfo unchanged if nothing is missing.
 *
 * @throws PeerError E_HASHES_REJECTED, E_HASHES_TIMEOUT, E_BLOCK_PROOF, or the error that ended the connection
 * @see https://www.bittorrent.org/beps/bep_0052.html
 */
export async function withPieceLayers(
  connection: PeerConnection,
  metainfo: Metainfo,
  pieces: Bitfield,
  clock: Clock,
): Promise<Metainfo> {
  const layers = new Map(metainfo.pieceLayers)
  for (const file of metainfo.files) {
    const root = file.piecesRoot
    if (root === undefined || layers.has(toHex(root)) || !needsLayer(file, metainfo, pieces)) continue
    layers.set(toHex(root), await fetchLayer(connection, file, root, metainfo.pieceLength, clock))
  }
  return layers.size === (metainfo.pieceLayers?.size ?? 0) ? metainfo : { ...metainfo, pieceLayers: layers }
}

/** Whether a piece layer is missing. In v2 and hybrid torrents, every file longer than one piece has one. */
export function lacksPieceLayers({ files, pieceLength, pieceLayers }: Metainfo): boolean {
  return files.some(
    ({ length, piecesRoot }) =>
      piecesRoot !== undefined && length > pieceLength && pieceLayers?.has(toHex(piecesRoot)) !== true,
  )
}

function needsLayer({ length, offset }: TorrentFile, { pieceLength }: Metainfo, pieces: Bitfield): boolean {
  if (length <= pieceLength) return false
  const first = offset / pieceLength
  const end = first + Math.ceil(length / pieceLength)
  for (let piece = first; piece < end; piece++) if (pieces.has(piece)) return true
  return false
}

async function fetchLayer(
  connection: PeerConnection,
  file: TorrentFile,
  piecesRoot: Uint8Array,
  pieceLength: number,
  clock: Clock,
): Promise<Uint8Array> {
  const tree = { piecesRoot, height: merkleHeight(Math.ceil(file.length / BLOCK_LENGTH)) }
  const pieceCount = Math.ceil(file.length / pieceLength)
  const runs: Uint8Array[] = []
  for (const request of pieceLayerRequests(tree, Math.log2(pieceLength / BLOCK_LENGTH), pieceCount))
    runs.push(...(await askHashes(connection, tree, request, clock)))
  return concat(runs.slice(0, pieceCount))
}

/**
 * Requests one run of hashes and verifies them against the root of the file.
 * @throws PeerError as `withPieceLayers`
 */
export async function askHashes(
  connection: PeerConnection,
  tree: FileTree,
  request: HashRequest,
  clock: Clock,
): Promise<readonly Uint8Array[]> {
  return (await askProof(connection, tree, request, clock)).hashes
}

/** The requested run of hashes, and the sibling at each level from there to the root, lowest first. */
export interface ProvenHashes {
  readonly hashes: readonly Uint8Array[]
  readonly uncles: readonly Uint8Array[]
}

/**
 * Requests one run of hashes and returns them with their proof.
 * @throws PeerError as `withPieceLayers`
 */
export async function askProof(
  connection: PeerConnection,
  tree: FileTree,
  request: HashRequest,
  clock: Clock,
): Promise<ProvenHashes> {
  const manager = new HashRequestManager(NODE_HASHES.sha256)
  manager.request(tree, request, clock.now())
  await connection.send({ type: 'hash-request', request })
  const deadline = clock.now() + HASHES_TIMEOUT_MS
  for (;;) {
    if (!(await connection.untilMessages(deadline)))
      throw hashesError('E_HASHES_TIMEOUT', `no hashes came in ${HASHES_TIMEOUT_MS} ms`)
    const batch = connection.takeMessages()
    for (const message of batch) {
      const proven = answerIn(message, manager)
      if (proven !== undefined) return proven
    }
    refuse(connection, batch)
  }
}

function answerIn(message: Message, manager: HashRequestManager): ProvenHashes | undefined {
  if (message.type === 'hash-reject' && manager.rejected(message.request))
    throw hashesError('E_HASHES_REJECTED', 'the peer rejected the hash request')
  if (message.type !== 'hashes') return undefined
  const result = manager.received(message.request, message.hashes)
  if (result.type === 'wrong')
    throw hashesError('E_BLOCK_PROOF', `the peer answered a hash request wrongly: ${result.reason}`)
  return result.type === 'verified' ? result : undefined
}

function hashesError(code: ErrorCode, message: string): PeerError {
  return new PeerError(code, message, { phase: 'transfer', reference: 'BEP 52' })
}
