import { decodeUtf8 } from '../base/bytes.ts'
import { NODE_HASHES } from '../net/node-hashes.ts'
import { decodeMetainfo, type Metainfo } from '../wire/torrent/metainfo.ts'
import type { Target } from './target.ts'

/**
 * Reads the torrent from the bytes of a .torrent file.
 * @throws PeerError E_BAD_TORRENT
 */
export function targetOfTorrent(bytes: Uint8Array): Target {
  return targetOfMetainfo(decodeMetainfo(bytes, NODE_HASHES))
}

/** The target for a decoded .torrent file. */
export function targetOfMetainfo(metainfo: Metainfo): Target {
  return {
    torrent: { infoHashes: metainfo.infoHashes, name: decodeUtf8(metainfo.name), metainfo },
    peers: [],
  }
}
