import { renderEndpoint } from '../wire/address.ts'
import { PeerError } from '../base/errors.ts'
import { parseTarget } from '../wire/torrent/magnet.ts'
import type { PeerName, TorrentTarget } from './options.ts'

/** A torrent, and the peers that its magnet link names. */
export interface Target {
  readonly torrent: TorrentTarget
  /** From `x.pe` of a magnet link. */
  readonly peers: readonly PeerName[]
}

/**
 * Parses an info hash in any notation, or a magnet link. Ignores the trackers of a link.
 * @throws PeerError E_BAD_HASH
 */
export function targetOfHash(text: string): Target {
  const { infoHashes, name, peers, notes } = parseTarget(text)
  return {
    torrent: { infoHashes, name, metainfo: undefined, notes },
    peers: peers.map(({ host, port }) => nameOfPeer(host, port)),
  }
}

/** Names a peer as on the command line, with an IPv6 address in brackets. */
export function nameOfPeer(host: string, port: number): PeerName {
  return { input: renderEndpoint({ address: host, port }), host, port }
}

/**
 * The peer to connect to, and others to try if it cannot be reached: the given peer, or else those of the magnet link
 * in order.
 * @throws PeerError E_USAGE
 */
export function choosePeers(
  named: PeerName | undefined,
  target: Target,
): { readonly peer: PeerName; readonly otherPeers: readonly PeerName[] } {
  const [peer, ...otherPeers] = named === undefined ? target.peers : [named]
  if (peer !== undefined) return { peer, otherPeers }
  throw new PeerError('E_USAGE', 'the peer is missing', {
    phase: 'resolve',
    hint: 'use HOST:PORT after the command, or a magnet link that has x.pe',
  })
}
