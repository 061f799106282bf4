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

/** How many requests we would queue for a peer. We do not serve anything, so this is the default of libtorrent. */
const LOCAL_REQQ = 250

/** The extensions that a probe announces, with their message ids. Of these, it sends only metadata requests. */
export const LOCAL_EXTENSIONS: ReadonlyMap<string, number> = new Map(
  EXTENSION_CODECS.filter(({ isAnnounced }) => isAnnounced).map(({ name, localId }) => [name, localId]),
)

/**
 * The reserved bits that our handshake sets. It sets the v2 bit only for a torrent that is known to be hybrid, because
 * libtorrent closes on it if its torrent is v1 only (BEP 52 "upgrade path").
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

/** Our peer id: the user's 20 bytes, or the user's prefix or our own, followed by random bytes. */
export function localPeerId(
  wanted: Uint8Array | undefined,
  random: (length: number) => Uint8Array,
): Uint8Array {
  if (wanted?.length === PEER_ID_LENGTH) return wanted
  const prefix = wanted === undefined ? PEER_ID_PREFIX : String.fromCharCode(...wanted)
  return generatePeerId(prefix, random(PEER_ID_LENGTH - prefix.length))
}

/**
 * What we claim about the torrent: we are a leecher without pieces, because seeds close on other seeds. For a hybrid,
 * we send the v1 hash and accept the v2 hash as an answer.
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
