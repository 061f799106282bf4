import { createHash } from 'node:crypto'
import { equalBytes } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import type { BlockReport } from '../report/model.ts'
import { pieceHash, pieceLengthAt, type PieceSpace } from '../wire/piece-layout.ts'
import type { FetchBlockOptions } from './options.ts'

export type Proof = Pick<BlockReport, 'verified' | 'verifiedDetail'>

/**
 * Proves a range of a v1 piece by fetching the rest of the piece and hashing all of it. A v2 session of a hybrid does not
 * give the padding of v1, which is zeros.
 *
 * @param fetch brings more bytes of the same piece
 * @throws PeerError E_PIECE_HASH, or what `fetch` throws
 */
export async function provePiece(
  data: Uint8Array,
  options: FetchBlockOptions & { readonly pieceSpace: PieceSpace },
  fetch: (begin: number, length: number) => Promise<Uint8Array>,
): Promise<Proof> {
  const { torrent, piece, offset, length, verify, peer, pieceSpace } = options
  if (!verify) return none('--verify was not given')
  if (torrent.metainfo === undefined) return none('nothing to verify against: give the .torrent with -t')
  const expected = pieceHash(torrent.metainfo, piece)
  if (expected === undefined)
    return none('a v2 torrent has no piece hashes; its blocks are proven by hash requests')
  const wholeLength = pieceLengthAt(torrent.metainfo, piece)
  const pieceLength = pieceSpace === 'v2' ? pieceLengthAt(torrent.metainfo, piece, 'v2') : wholeLength
  const end = offset + length
  const hash = createHash('sha1')
  if (offset > 0) hash.update(await fetch(0, offset))
  hash.update(data)
  if (end < pieceLength) hash.update(await fetch(end, pieceLength - end))
  hash.update(new Uint8Array(wholeLength - pieceLength))
  if (equalBytes(hash.digest(), expected)) return { verified: 'piece-sha1', verifiedDetail: null }
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

function none(verifiedDetail: string): Proof {
  return { verified: 'none', verifiedDetail }
}
