import { createHash } from 'node:crypto'
import {
  bytesOf,
  decodeBencodeDictionary,
  dictionaryOf,
  encodeBencode,
  integerOf,
} from '../../src/wire/bencode.ts'

/** The info hashes of a torrent, whole: 20 bytes for v1, 32 for v2 (of which the wire carries the first 20). */
export interface TorrentIdentity {
  readonly infoHashV1: Uint8Array | undefined
  readonly infoHashV2: Uint8Array | undefined
  /** The 20 bytes that a handshake carries: v1 where there is one. */
  readonly handshakeInfoHash: Uint8Array
}

/** @throws Error when `torrent` is no .torrent file, or its info dictionary is not canonical */
export function torrentIdentity(torrent: Uint8Array): TorrentIdentity {
  const decoded = decodeBencodeDictionary(torrent, { maxItems: 1_000_000 })
  if (!decoded.ok) throw new Error(`not a torrent: ${decoded.reason} at ${decoded.offset}`)
  const info = dictionaryOf(decoded.value, 'info')
  if (info === undefined) throw new Error('not a torrent: no info dictionary')
  const bytes = encodeBencode(info)
  if (!Buffer.from(torrent).includes(Buffer.from(bytes)))
    throw new Error('the info dictionary is not canonical')
  const isV1 = bytesOf(info, 'pieces') !== undefined
  const isV2 = integerOf(info, 'meta version') === 2
  const infoHashV1 = isV1 ? digest('sha1', bytes) : undefined
  const infoHashV2 = isV2 ? digest('sha256', bytes) : undefined
  const handshakeInfoHash = infoHashV1 ?? infoHashV2?.subarray(0, 20)
  if (handshakeInfoHash === undefined) throw new Error('neither a v1 nor a v2 torrent')
  return { infoHashV1, infoHashV2, handshakeInfoHash }
}

function digest(algorithm: 'sha1' | 'sha256', bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(bytes).digest())
}
