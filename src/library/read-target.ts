import { fileURLToPath } from 'node:url'
import { PeerError } from '../base/errors.ts'
import { MAX_TORRENT_LENGTH } from '../base/limits.ts'
import { readInputFile } from '../net/files/input-file.ts'
import { type Target, targetOfHash } from '../run/target.ts'
import { targetOfMetainfo, targetOfTorrent } from '../run/torrent-target.ts'
import { INFO_HASH_LENGTH, INFO_HASH_V2_LENGTH, type InfoHashes } from '../wire/torrent/info-hash.ts'
import type { ByInfoHash, ByTorrent, TorrentSource } from './options.ts'

/**
 * Resolves the torrent option, and the peers that a magnet link names.
 * @param signal ends the wait if the .torrent is a pipe
 * @throws PeerError E_USAGE unless exactly one is given, E_BAD_HASH, E_BAD_TORRENT, E_FILE_READ
 */
export async function readTarget(source: TorrentSource, signal: AbortSignal): Promise<Target> {
  const { infoHash, torrent } = source
  if (torrent === undefined && infoHash !== undefined) return targetOf(infoHash)
  if (infoHash === undefined && torrent !== undefined) return readTorrent(torrent, signal)
  const message = torrent === undefined ? 'the torrent is missing' : 'the torrent is given twice'
  throw new PeerError('E_USAGE', message, { hint: 'give either infoHash or torrent' })
}

/** @throws PeerError E_BAD_TORRENT, E_FILE_READ */
export async function readTorrent(torrent: ByTorrent['torrent'], signal: AbortSignal): Promise<Target> {
  if (torrent instanceof Uint8Array) return targetOfTorrent(torrent)
  if (typeof torrent !== 'string' && !(torrent instanceof URL)) return targetOfMetainfo(torrent)
  const path = typeof torrent === 'string' ? torrent : fileURLToPath(torrent)
  const hint = 'give the path of a .torrent file, or its bytes'
  return targetOfTorrent(await readInputFile(path, { maxLength: MAX_TORRENT_LENGTH + 1, signal, hint }))
}

function targetOf(infoHash: ByInfoHash['infoHash']): Target {
  if (typeof infoHash === 'string') return targetOfHash(infoHash)
  const infoHashes = infoHash instanceof Uint8Array ? hashesOf(infoHash) : infoHash
  return { torrent: { infoHashes, name: undefined, metainfo: undefined }, peers: [] }
}

function hashesOf(bytes: Uint8Array): InfoHashes {
  if (bytes.length === INFO_HASH_LENGTH) return { v1: bytes, v2: undefined }
  if (bytes.length === INFO_HASH_V2_LENGTH) return { v1: undefined, v2: bytes }
  throw new PeerError('E_BAD_HASH', `an info hash has 20 or 32 bytes, not ${bytes.length}`, {
    phase: 'resolve',
    hint: 'give its bytes, its hex digits or a magnet link; a .torrent goes in the option torrent',
  })
}
