import { LibtorrentHost, type LibtorrentSession, type SessionOptions } from '../clients/libtorrent-host.ts'
import { startServe } from '../clients/serve.ts'
import { startRelay, type Path } from '../network/relay.ts'
import { byFile, byHash, type World } from '../world.ts'
import type { SetSituation, Starting } from './situation.ts'

/** A libtorrent session in a process of its own. */
export async function libtorrent(
  starting: Starting,
  options: SessionOptions = {},
): Promise<LibtorrentSession> {
  const host = starting.keep(await LibtorrentHost.start())
  return host.session(options)
}

/** Our seeder with such flags. */
export const served = (flags: readonly string[], target: 'file' | 'hash' = 'file') => {
  return async (world: World, starting: Starting) => {
    const torrent = await world.torrent('usual')
    const { peer } = starting.keep(await startServe(world, torrent, flags))
    return { peer, target: target === 'file' ? byFile(torrent) : byHash(torrent) }
  }
}

/** A libtorrent that seeds with such options. */
export const libtorrentWith = (options: SessionOptions) => async (world: World, starting: Starting) => {
  const torrent = await world.torrent('usual')
  const peer = await libtorrent(starting, options)
  await peer.seed(torrent)
  return { peer: peer.peer, target: byFile(torrent) }
}

/** Our seeder behind a relay. */
export const behind = (
  join: () => (path: Path) => void,
  {
    flags = [],
    passesUdp = false,
  }: { readonly flags?: readonly string[]; readonly passesUdp?: boolean } = {},
): SetSituation['make'] => {
  return async (world, starting) => {
    const torrent = await world.torrent('usual')
    const { peer } = starting.keep(await startServe(world, torrent, flags))
    const relay = starting.keep(await startRelay(Number(peer.split(':').at(-1)), join(), { passesUdp }))
    return { peer: relay.peer, target: byFile(torrent) }
  }
}
