import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { BlockRequest } from '../../session/block.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { TorrentTarget } from '../options.ts'
import type { ProbeContext } from './context.ts'

/** An open session whose peer claims something, and what requests on it need. */
export interface Requesting {
  readonly connection: PeerConnection
  readonly roundTripMs: number
  readonly context: ProbeContext
}

/** A piece to request from. */
export interface ChosenPiece {
  readonly piece: number
  /** In bytes, as it is transferred; undefined if the torrent is unknown. */
  readonly length: number | undefined
}

/**
 * The pieces to request first: while choked, one that the peer claims and allows us to request.
 * @throws PeerError E_PIECE_UNAVAILABLE if what it claims does not exist
 */
export function choosePiece(
  state: SessionState,
  torrent: TorrentTarget,
  other?: ChosenPiece,
): ChosenPiece | undefined {
  const isUsable = (piece: number) => piece !== other?.piece && state.availability.has(piece)
  const allowed = state.choking.peerChoking ? state.fast.allowedByPeer.find(isUsable) : undefined
  const piece = allowed ?? firstPiece(state, isUsable)
  if (piece === undefined) {
    if (other !== undefined) return undefined
    throw new PeerError('E_PIECE_UNAVAILABLE', 'the peer announces no piece that exists', {
      phase: 'availability',
    })
  }
  const { metainfo } = torrent
  const length = metainfo === undefined ? undefined : pieceLengthAt(metainfo, piece, state.pieceSpace)
  return { piece, length }
}

/** The first block of a piece. Of an unknown torrent, every piece is taken to have at least one whole block. */
export function firstBlock({ piece, length }: ChosenPiece, most = BLOCK_LENGTH): BlockRequest {
  return { piece, begin: 0, length: Math.min(most, length ?? most) }
}

function firstPiece(
  { availability }: SessionState,
  isUsable: (piece: number) => boolean,
): number | undefined {
  // without a piece count, have-all says that there are pieces 0 and, in nearly every torrent, 1
  const count = availability.pieceCount ?? Math.max(2, (availability.unvalidated?.bytes.length ?? 0) * 8)
  for (let piece = 0; piece < count; piece++) if (isUsable(piece)) return piece
  return undefined
}
