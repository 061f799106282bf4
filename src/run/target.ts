import { renderEndpoint } from '../wire/address.ts'
import { PeerError } from '../base/errors.ts'
import { decodeUtf8 } from '../base/bytes.ts'
import { parseTarget } from '../wire/torrent/magnet.ts'
import { NODE_HASHES } from '../net/node-hashes.ts'
import { decodeMetainfo, type Metainfo } from '../wire/torrent/metainfo.ts'
import type { PeerName, TorrentTarget } from './options.ts'

/** A torrent, and the peers that came with its name. */
export interface Target {
  readonly torrent: TorrentTarget
  /** `x.pe` of a magnet link. */
  readonly peers: readonly PeerName[]
}

/**
 * The torrent of an info hash in any of its spellings, or of a magnet link. Trackers of a link are not kept.
 * @throws PeerError E_BAD_HASH
 */
export function targetOfHash(text: string): Target {
  const { infoHashes, name, peers, notes } = parseTarget(text)
  return {
    torrent: { infoHashes, name, metainfo: undefined, notes },
    peers: peers.map(({ host, port }) => nameOfPeer(host, port)),
  }
}

/** A peer as it would be typed: an IPv6 address in brackets. */
export function nameOfPeer(host: string, port: number): PeerName {
  return { input: renderEndpoint({ address: host, port }), host, port }
}

/**
 * The torrent of a .torrent file.
 * @throws PeerError E_BAD_TORRENT
 */
export function targetOfTorrent(bytes: Uint8Array): Target {
  return targetOfMetainfo(decodeMetainfo(bytes, NODE_HASHES))
}

/** The torrent of a .torrent file that was read already. */
export function targetOfMetainfo(metainfo: Metainfo): Target {
  return {
    torrent: { infoHashes: metainfo.infoHashes, name: decodeUtf8(metainfo.name), metainfo },
    peers: [],
  }
}

/**
 * The peer to talk to, and others to try when it cannot be reached: the one that was named, else those of the magnet link in
 * their order.
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
    hint: 'type HOST:PORT behind the command, or give a magnet link that has x.pe',
  })
}
