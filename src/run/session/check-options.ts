import { isIP } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import type { SessionOptions } from '../options.ts'

/**
 * Refuses what cannot be done together.
 * @throws PeerError E_USAGE
 */
export function checkSessionOptions({
  features,
  torrent,
  transport,
  proxy,
  peer,
  family,
}: Pick<SessionOptions, 'features' | 'torrent' | 'transport' | 'proxy' | 'peer' | 'family'>): void {
  if (transport === 'utp' && proxy !== undefined) {
    throw new PeerError('E_USAGE', 'uTP does not go through a SOCKS5 proxy', {
      hint: 'use --transport tcp with --proxy',
    })
  }
  if (family !== undefined && proxy !== undefined && isIP(peer.host) === 0) {
    throw new PeerError('E_USAGE', `-${family} cannot be kept: the proxy resolves ${peer.host}`, {
      hint: `leave out -${family}, or type an address in place of the name`,
    })
  }
  if (features.v2 === true && torrent.infoHashes.v2 === undefined) {
    throw new PeerError('E_USAGE', '--v2 needs a torrent that is known to have a v2 info hash', {
      hint: 'give the .torrent with -t, or a magnet link that carries both hashes',
      reference: 'BEP 52',
    })
  }
}
