import { missingReason } from '../../peers/peer.ts'
import { companion } from '../clients/companion.ts'
import {
  ENCRYPTION_REQUIRED,
  LibtorrentHost,
  type LibtorrentSession,
  ONE_PER_ADDRESS,
  TCP_ONLY,
  UTP_ONLY,
  type SessionOptions,
} from '../clients/libtorrent-host.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { CLOSES_ON_ACCEPT, HASH_REFUSED } from '../truths.ts'
import { byFile, type World } from '../world.ts'

/** A session with another torrent that is active, so that it reads what is asked. */
async function busy(
  host: LibtorrentHost,
  world: World,
  options: SessionOptions = {},
): Promise<LibtorrentSession> {
  const session = await host.session(options)
  await session.seed(await world.torrent('another'))
  return session
}

function made(session: LibtorrentSession, torrent: TestTorrent, more: Partial<Made> = {}): Made {
  return {
    peer: session.peer,
    target: byFile(torrent),
    log: () => session.log(),
    cleanup: () => session.end(),
    ...more,
  }
}

async function unknown(host: LibtorrentHost, world: World, options: SessionOptions = {}): Promise<Made> {
  return made(await busy(host, world, options), await world.torrent('usual'))
}

async function paused(host: LibtorrentHost, world: World, options: SessionOptions = {}): Promise<Made> {
  const session = await busy(host, world, options)
  const torrent = await world.torrent('usual')
  await session.pause(await session.seed(torrent))
  return made(session, torrent)
}

/** Somebody else is connected. */
async function withCompanion(
  host: LibtorrentHost,
  world: World,
  from: string,
  options: SessionOptions,
): Promise<Made & { readonly session: string }> {
  const session = await host.session(options)
  const torrent = await world.torrent('usual')
  await session.seed(torrent)
  const other = await companion(session.port, torrent.handshakeInfoHash, from)
  const cleanup = async () => {
    await other.leave()
    await session.end()
  }
  return { ...made(session, torrent, { cleanup, holds: other.isThere }), session: session.name }
}

const SITUATIONS: readonly Situation<LibtorrentHost>[] = [
  {
    name: 'libtorrent does not know the torrent',
    causes: ['torrent-unknown'],
    make: (host, world) => unknown(host, world),
  },
  {
    name: 'libtorrent does not know the torrent, TCP only',
    causes: ['torrent-unknown'],
    ambiguous: HASH_REFUSED,
    make: (host, world) => unknown(host, world, { settings: TCP_ONLY }),
  },
  {
    name: 'libtorrent does not know the torrent, uTP only',
    causes: ['torrent-unknown'],
    also: ['utp-only'],
    make: (host, world) => unknown(host, world, { settings: UTP_ONLY }),
  },
  {
    name: 'libtorrent does not know the torrent and requires encryption',
    causes: ['torrent-unknown', 'encryption-required'],
    make: (host, world) => unknown(host, world, { settings: ENCRYPTION_REQUIRED }),
  },
  {
    name: 'libtorrent has no torrent at all',
    causes: ['no-active-torrent'],
    also: ['torrent-unknown'],
    ambiguous: CLOSES_ON_ACCEPT,
    make: async (host, world) => made(await host.session(), await world.torrent('usual')),
  },
  {
    name: 'libtorrent: its only torrent is paused',
    causes: ['no-active-torrent'],
    ambiguous: CLOSES_ON_ACCEPT,
    make: async (host, world) => {
      const session = await host.session()
      const torrent = await world.torrent('usual')
      await session.pause(await session.seed(torrent))
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the session is paused',
    causes: ['no-active-torrent'],
    ambiguous: CLOSES_ON_ACCEPT,
    make: async (host, world) => {
      const session = await busy(host, world)
      await session.seed(await world.torrent('usual'))
      await host.call('pause-session', { session: session.name })
      return made(session, await world.torrent('usual'))
    },
  },
  {
    name: 'libtorrent: the torrent is paused, another one is active',
    causes: ['torrent-inactive'],
    make: (host, world) => paused(host, world),
  },
  {
    name: 'libtorrent: the torrent is paused, TCP only',
    causes: ['torrent-inactive'],
    ambiguous: HASH_REFUSED,
    make: (host, world) => paused(host, world, { settings: TCP_ONLY }),
  },
  {
    name: 'libtorrent: the torrent is paused, uTP only',
    causes: ['torrent-inactive'],
    also: ['utp-only'],
    make: (host, world) => paused(host, world, { settings: UTP_ONLY }),
  },
  {
    name: 'libtorrent: the torrent is paused, encryption required',
    causes: ['torrent-inactive', 'encryption-required'],
    make: (host, world) => paused(host, world, { settings: ENCRYPTION_REQUIRED }),
  },
  {
    name: 'libtorrent: the torrent is queued',
    causes: ['torrent-inactive'],
    make: async (host, world) => {
      const session = await busy(host, world, { settings: { active_seeds: 0, active_limit: 0 } })
      const torrent = await world.torrent('usual')
      const name = await session.seed(torrent, { flags: ['auto_managed'] })
      await session.until(name, (state) => state.paused)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the torrent waits to be checked',
    causes: ['torrent-inactive'],
    make: async (host, world) => {
      const session = await busy(host, world, { settings: { active_checking: 0 } })
      const torrent = await world.torrent('usual')
      const name = await session.add(torrent, { flags: ['auto_managed', 'paused'] })
      await session.until(name, (state) => state.state === 'checking_files')
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the session has reached its connection limit, TCP only',
    causes: ['connection-limit'],
    ambiguous: HASH_REFUSED,
    make: (host, world) =>
      withCompanion(host, world, '127.0.0.9', { settings: { connections_limit: 1, ...TCP_ONLY } }),
  },
  {
    name: 'libtorrent: the session has reached its connection limit, TCP and uTP',
    causes: ['connection-limit'],
    make: (host, world) => withCompanion(host, world, '127.0.0.9', { settings: { connections_limit: 1 } }),
  },
  {
    name: 'libtorrent has a connection from our address, TCP and uTP',
    causes: ['same-address'],
    make: (host, world) => withCompanion(host, world, '127.0.0.1', { settings: ONE_PER_ADDRESS }),
  },
  {
    name: 'libtorrent has a connection from our address, TCP only',
    causes: ['same-address'],
    ambiguous: HASH_REFUSED,
    make: (host, world) =>
      withCompanion(host, world, '127.0.0.1', { settings: { ...ONE_PER_ADDRESS, ...TCP_ONLY } }),
  },
  {
    name: 'libtorrent has a connection from our address and requires encryption',
    causes: ['same-address', 'encryption-required'],
    make: async (host, world) => {
      const situation = await withCompanion(host, world, '127.0.0.1', { settings: ONE_PER_ADDRESS })
      // the other peer came before that
      await host.call('settings', { session: situation.session, settings: ENCRYPTION_REQUIRED })
      return situation
    },
  },
  {
    name: 'libtorrent filters our address',
    causes: ['address-filtered'],
    make: async (host, world) => {
      const session = await host.session({ blocked: ['127.0.0.1'] })
      const torrent = await world.torrent('usual')
      await session.seed(torrent)
      return made(session, torrent, { serves: ['--source', '127.0.0.2'] })
    },
  },
]

export const LIBTORRENT_STATES = station({
  name: 'libtorrent, its states',
  missing: () => missingReason('libtorrent'),
  start: () => LibtorrentHost.start(),
  situations: SITUATIONS,
})
