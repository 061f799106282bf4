import { PeerError } from '../../base/errors.ts'
import { decodeUtf8 } from '../../base/bytes.ts'
import { parseTarget } from '../../wire/torrent/magnet.ts'
import { decodeMetainfo } from '../../wire/torrent/metainfo.ts'
import type { PeerName, TorrentTarget } from '../../run/options.ts'

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
  const { infoHashes, name, peers } = parseTarget(text)
  return {
    torrent: { infoHashes, name, metainfo: undefined },
    peers: peers.map(({ host, port }) => {
      const input = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      return { input, host, port }
    }),
  }
}

/**
 * The torrent of a .torrent file.
 * @throws PeerError E_BAD_TORRENT
 */
export function targetOfTorrent(bytes: Uint8Array): Target {
  const metainfo = decodeMetainfo(bytes)
  return {
    torrent: { infoHashes: metainfo.infoHashes, name: decodeUtf8(metainfo.name), metainfo },
    peers: [],
  }
}

/** The peer to talk to: the one that was named, else the first that the magnet link names. @throws PeerError E_USAGE */
export function choosePeer(named: PeerName | undefined, target: Target): PeerName {
  const peer = named ?? target.peers[0]
  if (peer !== undefined) return peer
  throw new PeerError('E_USAGE', 'the peer is missing', {
    phase: 'resolve',
    hint: 'type HOST:PORT behind the command, or give a magnet link that has x.pe',
  })
}
