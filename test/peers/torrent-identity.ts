import { createHash } from 'node:crypto'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'

/** The info hashes of a torrent, whole: 20 bytes for v1, 32 for v2 (of which the wire carries the first 20). */
export interface TorrentIdentity {
  readonly infoHashV1: Uint8Array | undefined
  readonly infoHashV2: Uint8Array | undefined
  /** The 20 bytes that a handshake carries: v1 where there is one. */
  readonly handshakeInfoHash: Uint8Array
}

/** @throws PeerError when `torrent` is not a .torrent file */
export function torrentIdentity(torrent: Uint8Array): TorrentIdentity {
  const { version, infoBytes } = decodeMetainfo(torrent)
  const infoHashV1 = version === 'v2' ? undefined : digest('sha1', infoBytes)
  const infoHashV2 = version === 'v1' ? undefined : digest('sha256', infoBytes)
  const handshakeInfoHash = infoHashV1 ?? infoHashV2?.subarray(0, 20)
  if (handshakeInfoHash === undefined) throw new Error('neither a v1 nor a v2 torrent')
  return { infoHashV1, infoHashV2, handshakeInfoHash }
}

function digest(algorithm: 'sha1' | 'sha256', bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(bytes).digest())
}
