import { PeerError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import type { SessionTorrent } from '../../session/peer/session.ts'
import { EXTENSION_CODECS } from '../../wire/extension/codecs.ts'
import { handshakeHash } from '../../wire/torrent/info-hash.ts'
import { generatePeerId, PEER_ID_LENGTH, PEER_ID_PREFIX } from '../../wire/peer-id/peer-id.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import type { SessionOptions, TorrentTarget } from '../options.ts'

/** Client name and version as other clients see them. */
const CLIENT = `peerwire ${VERSION}`

/** Requests that we would queue of a peer; we serve nothing, so it is the default of BEP 10. */
const LOCAL_REQQ = 250

/** The extensions that a probe announces, with the ids under which it receives them. It sends metadata requests only. */
export const LOCAL_EXTENSIONS: ReadonlyMap<string, number> = new Map(
  EXTENSION_CODECS.filter(({ isAnnounced }) => isAnnounced).map(({ name, localId }) => [name, localId]),
)

/**
 * The bits of our handshake. The v2 bit is set only for a torrent that is known to be hybrid: libtorrent closes on it
 * when its torrent is v1 only (BEP 52 "upgrade path").
 */
export function localFeatures({
  features,
  torrent,
}: Pick<SessionOptions, 'features' | 'torrent'>): NamedFeature[] {
  const bits: NamedFeature[] = []
  if (features.extensions) bits.push('extension-protocol')
  if (features.dht) bits.push('dht')
  if (features.fast) bits.push('fast')
  if (features.v2 === true && isHybrid(torrent)) bits.push('v2')
  return bits
}

function isHybrid({ infoHashes }: TorrentTarget): boolean {
  return infoHashes.v1 !== undefined && infoHashes.v2 !== undefined
}

/** Our 20 bytes: the user's, the user's prefix and random bytes, or our own prefix and random bytes. */
export function localPeerId(
  wanted: Uint8Array | undefined,
  random: (length: number) => Uint8Array,
): Uint8Array {
  if (wanted?.length === PEER_ID_LENGTH) return wanted
  const prefix = wanted === undefined ? PEER_ID_PREFIX : String.fromCharCode(...wanted)
  return generatePeerId(prefix, random(PEER_ID_LENGTH - prefix.length))
}

/**
 * What we say of the torrent: a leecher with nothing, since seeds close on other seeds. Of two hashes we send the v1
 * one, and take the v2 one as an answer.
 */
export function localTorrent(target: TorrentTarget): SessionTorrent {
  const { v1, v2 } = target.infoHashes
  const hash = v1 ?? v2
  if (hash === undefined) throw new PeerError('E_BAD_HASH', 'the target has no info hash')
  return {
    infoHash: handshakeHash(hash),
    isV2: v1 === undefined,
    v2InfoHash: v1 === undefined || v2 === undefined ? undefined : handshakeHash(v2),
    pieceCount: target.metainfo?.pieceCount,
    extensionHandshake: { extensions: LOCAL_EXTENSIONS, client: CLIENT, reqq: LOCAL_REQQ },
    have: 'none',
  }
}
