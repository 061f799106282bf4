import { equalBytes, toHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'

/** What an initiator asked for: the hash of its handshake, and the other hash of a hybrid torrent. */
export interface AskedTorrent {
  readonly infoHash: Uint8Array
  /** Whether `infoHash` is a truncated v2 info hash. Default false. */
  readonly isV2?: boolean | undefined
  /** Also accepted as the answer (BEP 52 "upgrade path"). */
  readonly v2InfoHash?: Uint8Array | undefined
}

/** Why the peer is not another peer: its handshake carries the peer id of this side. */
export function selfConnection(): PeerError {
  return new PeerError(
    'E_SELF_CONNECTION',
    'the handshake carries our own peer id: we connected to ourselves, or to an echo',
    { phase: 'handshake', offset: 48, reference: 'BEP 3' },
  )
}

/** Why a session ends with the handshake that an initiator got as its answer; undefined if it goes on. */
export function answerProblem(
  answer: Pick<Handshake, 'infoHash' | 'peerId'>,
  asked: AskedTorrent,
  ourPeerId: Uint8Array,
): PeerError | undefined {
  if (equalBytes(answer.peerId, ourPeerId)) return selfConnection()
  if (equalBytes(answer.infoHash, asked.infoHash) || isUpgrade(answer.infoHash, asked)) return undefined
  return wrongInfoHash(answer.infoHash, asked)
}

/** Whether a peer answers with the v2 hash of the torrent whose v1 hash was asked for. */
export function isUpgrade(infoHash: Uint8Array, { v2InfoHash }: Pick<AskedTorrent, 'v2InfoHash'>): boolean {
  return v2InfoHash !== undefined && equalBytes(infoHash, v2InfoHash)
}

/** If only one hash of a hybrid torrent is known, the answer may be the other one. We cannot distinguish it from another torrent. */
function wrongInfoHash(answer: Uint8Array, { isV2 = false, v2InfoHash }: AskedTorrent): PeerError {
  const hint = `if it is the ${isV2 ? 'v1' : 'v2'} hash of the same hybrid torrent, use the .torrent, or a magnet link with both hashes`
  return new PeerError('E_WRONG_INFO_HASH', `the peer answers with another info hash, ${toHex(answer)}`, {
    phase: 'handshake',
    offset: 28,
    reference: 'BEP 3',
    ...(v2InfoHash === undefined ? { hint } : {}),
  })
}
