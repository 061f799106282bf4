import { concat } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import type { BlockReport } from '../../report/model/fetch-block.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { merklePieceHash, pieceHash, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import { verifyPiece } from '../fetch/piece-verifier.ts'
import type { PeerName } from '../options.ts'
import type { SessionLog } from '../session/log.ts'
import { proveBlock, type FetchedRange, type ProofSources } from './prove-block.ts'

/** What proves a piece, and where it is recorded. */
export interface PieceSources extends ProofSources {
  readonly peer: PeerName
  readonly log: Pick<SessionLog, 'verified'>
}

export type Proof = Pick<BlockReport, 'verified' | 'verifiedDetail' | 'proof'>

/**
 * Proves a range as the session allows: in v2 by a merkle proof from the peer, in v1 by the SHA-1 hash of the whole
 * piece. For a hybrid, it falls back to SHA-1 if the peer rejects the hash request.
 *
 * @throws PeerError E_PIECE_HASH, E_HASHES_CONTRADICT, or those of `proveBlock`
 */
export async function proveRange(
  metainfo: Metainfo | undefined,
  range: FetchedRange,
  sources: PieceSources,
): Promise<Proof> {
  if (metainfo === undefined)
    return notProven('nothing to verify against: give the .torrent with -t, or add --metadata')
  let detail: string | null = null
  try {
    if (sources.connection.state.pieceSpace === 'v2') {
      const proof = await proveBlock(metainfo, range, sources)
      if (proof !== undefined) return { verified: 'merkle-proof', verifiedDetail: null, proof }
    }
  } catch (error) {
    await checkContradiction(metainfo, range, sources, error)
    const isRejected = error instanceof PeerError && error.code === 'E_HASHES_REJECTED'
    if (!isRejected || metainfo.pieceHashes === undefined) throw error
    detail = error.message
  }
  if (!(await provePiece(metainfo, range, sources)))
    return notProven('the torrent has no hash for this piece')
  return { verified: 'piece-sha1', verifiedDetail: detail, proof: null }
}

/** Runs before we blame the peer for a bad block of a hybrid: if the SHA-1 of the piece fits, the torrent is wrong. */
async function checkContradiction(
  metainfo: Metainfo,
  range: FetchedRange,
  sources: PieceSources,
  error: unknown,
): Promise<void> {
  if (!(error instanceof PeerError) || error.code !== 'E_BLOCK_PROOF') return
  if (merklePieceHash(metainfo, range.piece) === undefined) return
  try {
    await provePiece(metainfo, range, sources)
  } catch (found) {
    if (found instanceof PeerError && found.code === 'E_HASHES_CONTRADICT') throw found
  }
}

/** A block that is not proven; the detail says why. */
export function notProven(verifiedDetail: string): Proof {
  return { verified: 'none', verifiedDetail, proof: null }
}

/**
 * Fetches the rest of the piece and hashes all of it. A v2 session of a hybrid does not transfer the v1
 * padding, which is all zeros. False if the torrent does not have SHA-1 hashes.
 */
async function provePiece(
  metainfo: Metainfo,
  { piece, offset, data }: FetchedRange,
  { connection, clock, fetch, peer, log }: PieceSources,
): Promise<boolean> {
  if (pieceHash(metainfo, piece) === undefined) return false
  const wholeLength = pieceLengthAt(metainfo, piece)
  const { pieceSpace } = connection.state
  const pieceLength = pieceSpace === 'v2' ? pieceLengthAt(metainfo, piece, 'v2') : wholeLength
  const end = offset + data.length
  const before = offset > 0 ? await fetch(0, offset) : new Uint8Array()
  const after = end < pieceLength ? await fetch(end, pieceLength - end) : new Uint8Array()
  const whole = concat([before, data, after, new Uint8Array(wholeLength - pieceLength)])
  const isGood = verifyPiece(metainfo, piece, whole)
  log.verified(piece, isGood, clock.now())
  if (isGood) return true
  throw new PeerError(
    'E_PIECE_HASH',
    `piece ${piece} from ${peer.input} does not have the hash of the torrent`,
    {
      phase: 'transfer',
      reference: 'BEP 3',
      hint: 'this peer sends bad data for the piece; nothing was written',
    },
  )
}
