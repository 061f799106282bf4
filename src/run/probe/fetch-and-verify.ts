import { concat } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { BlockRequest } from '../../session/block.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { merklePieceHash, pieceHash, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import { fetchRange, type RangeData } from '../fetch-block/fetch-range.ts'
import { verifyPiece } from '../fetch/piece-verifier.ts'
import { listenUntil } from '../session/listen.ts'
import { unchokeTimeout } from '../session/timeouts.ts'
import {
  ALLOWANCE_MS,
  BLOCK_MS,
  ENOUGH_MS,
  MAX_WHOLE_PIECE,
  patience,
  SLOW_BLOCK_MS,
  WHOLE_PIECE_MS,
} from './limits.ts'
import { type ChosenPiece, choosePiece, firstBlock, type Requesting } from './requests.ts'

/** How much of a piece is requested at once, in bytes, so that a slow peer is noticed in time. */
const RUN_LENGTH = 16 * BLOCK_LENGTH

/**
 * Fetches two blocks and, if the torrent is known and the piece is small, the whole piece, which is hashed.
 * @throws PeerError E_UNCHOKE_TIMEOUT, E_BLOCK_TIMEOUT, E_REQUEST_REJECTED, E_PIECE_HASH, or why the connection ended
 */
export async function fetchAndVerify(requesting: Requesting): Promise<void> {
  const { connection, context } = requesting
  const { state } = connection
  const torrent = context.torrent()
  const piece = await firstChoice(requesting)
  const { data: first, answered } = await fetchBlocks(requesting, firstBlock(piece))
  const isSlow = answered.some(({ latencyMs }) => latencyMs > ENOUGH_MS)
  if (!isSlow) {
    const whole = await fetchMore(requesting, piece, first)
    if (whole !== undefined && torrent.metainfo !== undefined)
      verify(requesting, torrent.metainfo, piece.piece, whole)
  }
  if (state.choking.peerChoking) await fetchUnchoked(requesting, piece)
}

/**
 * Fetches a second block, and the rest of the piece if its length is known.
 * @returns the piece if all of it was fetched
 */
async function fetchMore(
  requesting: Requesting,
  { piece, length }: ChosenPiece,
  first: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (length !== undefined && length > BLOCK_LENGTH) return fetchRest(requesting, { piece, length }, first)
  const { connection, context } = requesting
  const chosen = { piece, length }
  const other = choosePiece(connection.state, context.torrent(), chosen) ?? chosen
  await fetchBlocks(requesting, firstBlock(other))
  return length === undefined ? undefined : first
}

/** A piece that is allowed while choked says nothing of the others: waits to be unchoked, and requests one of them. */
async function fetchUnchoked(
  { connection, roundTripMs, context }: Requesting,
  allowed: ChosenPiece,
): Promise<void> {
  const { state } = connection
  const { unchokeTimeoutMs } = context.limits
  const deadline = context.ports.clock.now() + unchokeTimeoutMs
  if (!(await listenUntil(connection, ({ choking }) => !choking.peerChoking, deadline)))
    throw unchokeTimeout(unchokeTimeoutMs, state)
  const other = choosePiece(state, context.torrent(), allowed) ?? allowed
  await fetchBlocks({ connection, roundTripMs, context }, firstBlock(other))
}

/** Waits a moment for *allowed fast* and *unchoke*, which come right after the claims. */
async function firstChoice({ connection, context, roundTripMs }: Requesting): Promise<ChosenPiece> {
  const { state } = connection
  const isAllowed = () =>
    !state.choking.peerChoking || state.fast.allowedByPeer.some((piece) => state.availability.has(piece))
  const { clock } = context.ports
  if (!state.choking.amInterested) await connection.send({ type: 'interested' })
  await listenUntil(connection, isAllowed, clock.now() + patience(ALLOWANCE_MS, roundTripMs))
  const chosen = choosePiece(state, context.torrent())
  if (chosen !== undefined) return chosen
  throw new PeerError('E_INTERNAL', 'a peer that claims pieces has none to choose')
}

/**
 * Fetches the second block, and then the rest of the piece if it is short enough and comes fast enough.
 * @returns undefined if only the second block was fetched
 */
async function fetchRest(
  requesting: Requesting,
  { piece, length }: { readonly piece: number; readonly length: number },
  first: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { clock } = requesting.context.ports
  const startedAt = clock.now()
  const fetch = async (begin: number, most: number) => {
    const { data } = await fetchBlocks(requesting, { piece, begin, length: Math.min(most, length - begin) })
    return data
  }
  const second = await fetch(first.length, BLOCK_LENGTH)
  // the round trip does not count: requests for the rest do not wait for each other
  const transferMs = Math.max(0, clock.now() - startedAt - requesting.roundTripMs)
  const isSlow = (transferMs * length) / BLOCK_LENGTH > WHOLE_PIECE_MS
  if (length > MAX_WHOLE_PIECE || isSlow) return undefined
  const parts = [first, second]
  for (let begin = first.length + second.length; begin < length; begin += RUN_LENGTH) {
    if (clock.now() - startedAt > WHOLE_PIECE_MS) return undefined
    parts.push(await fetch(begin, RUN_LENGTH))
  }
  return concat(parts)
}

async function fetchBlocks(
  { connection, roundTripMs, context }: Requesting,
  range: BlockRequest,
): Promise<RangeData> {
  const { unchokeTimeoutMs } = context.limits
  const blockTimeoutMs = patience(BLOCK_MS, roundTripMs)
  const { clock } = context.ports
  return fetchRange(connection, {
    range,
    unchokeTimeoutMs,
    blockTimeoutMs,
    slowBlockTimeoutMs: patience(SLOW_BLOCK_MS, roundTripMs),
    clock,
  })
}

/** @throws PeerError E_PIECE_HASH, or E_HASHES_CONTRADICT, which is not the fault of the peer */
function verify(
  { context: { log, ports } }: Requesting,
  metainfo: Metainfo,
  piece: number,
  data: Uint8Array,
): void {
  if (pieceHash(metainfo, piece) === undefined && merklePieceHash(metainfo, piece) === undefined) return
  // in a v2 session the padding of a hybrid is not transferred
  const padding = new Uint8Array(pieceLengthAt(metainfo, piece) - data.length)
  const isGood = verifyPiece(metainfo, piece, concat([data, padding]))
  log.verified(piece, isGood, ports.clock.now())
  if (!isGood)
    throw new PeerError('E_PIECE_HASH', `piece ${piece} does not have the hash of the torrent`, {
      phase: 'transfer',
      reference: 'BEP 3',
    })
}
