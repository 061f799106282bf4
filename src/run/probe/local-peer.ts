import type { Probe } from '../../trace/probe.ts'
import { generatePeerId, PEER_ID_LENGTH } from '../../wire/peer-id/peer-id.ts'
import { INFO_HASH_LENGTH } from '../../wire/torrent/info-hash.ts'
import { FEATURE_DEFAULTS } from '../defaults.ts'
import type { TorrentTarget } from '../options.ts'
import type { LocalPeer } from '../session/connect-once.ts'
import { localFeatures, localPeerId, localTorrent } from '../session/local-peer.ts'
import type { SessionTorrent } from '../../session/peer/session.ts'

/** A widespread client, to see whether a peer dislikes our name. */
const OTHER_CLIENT = { prefix: '-qB4520-', name: 'qBittorrent/4.5.2' } as const

/** Who we are on the connection of a probe. */
export function probeLocalPeer(
  { hash, identity, reserved }: Pick<Probe, 'hash' | 'identity' | 'reserved'>,
  target: TorrentTarget,
  random: (length: number) => Uint8Array,
): LocalPeer {
  const own = torrentOf(hash, target, random)
  const features = reserved === 'none' ? [] : localFeatures({ features: FEATURE_DEFAULTS, torrent: target })
  if (identity === 'own') return { torrent: own, features, peerId: localPeerId(undefined, random) }
  const { prefix, name } = OTHER_CLIENT
  return {
    torrent: { ...own, extensionHandshake: { ...own.extensionHandshake, client: name } },
    features,
    peerId: generatePeerId(prefix, random(PEER_ID_LENGTH - prefix.length)),
  }
}

function torrentOf(
  hash: Probe['hash'],
  target: TorrentTarget,
  random: (length: number) => Uint8Array,
): SessionTorrent {
  const torrent = localTorrent(target)
  switch (hash) {
    case 'target':
      return torrent
    case 'other':
      return localTorrent({ ...target, infoHashes: { v1: undefined, v2: target.infoHashes.v2 } })
    case 'random':
      return {
        infoHash: random(INFO_HASH_LENGTH),
        extensionHandshake: torrent.extensionHandshake ?? {},
        have: 'none',
      }
  }
}
