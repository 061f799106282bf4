import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { missingReason } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import {
  type AddOptions,
  ENCRYPTION_REQUIRED,
  LibtorrentHost,
  type LibtorrentSession,
  type SessionOptions,
} from '../clients/libtorrent-host.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { damage, damagedData, dataCopy, emptyFolder, halfTheData, sslTorrent } from '../torrents.ts'
import { byFile, byHash, type World } from '../world.ts'

function made(session: LibtorrentSession, torrent: TestTorrent, more: Partial<Made> = {}): Made {
  return {
    peer: session.peer,
    target: byFile(torrent),
    log: () => session.log(),
    cleanup: () => session.end(),
    ...more,
  }
}

/** A session that seeds the usual torrent. */
async function seeding(
  host: LibtorrentHost,
  world: World,
  options: SessionOptions,
  add: AddOptions = {},
  more: Partial<Made> = {},
): Promise<Made> {
  const session = await host.session(options)
  const torrent = await world.torrent('usual')
  await session.seed(torrent, add)
  return made(session, torrent, more)
}

/** A session with the usual torrent, and with data that is not all there. */
async function incomplete(
  host: LibtorrentHost,
  world: World,
  folder: string,
  more: Partial<Made> = {},
): Promise<Made> {
  const session = await host.session()
  const torrent = await world.torrent('usual')
  const name = await session.add(torrent, { folder })
  await session.until(name, ({ state }) => state === 'downloading')
  return made(session, torrent, more)
}

/** A session that believes to have all data, besides another torrent that is active. */
async function believing(host: LibtorrentHost, world: World, folder: string) {
  const session = await host.session()
  await session.seed(await world.torrent('another'))
  const torrent = await world.torrent('usual')
  const name = await session.add(torrent, { folder, flags: ['seed_mode'] })
  await session.until(name, ({ complete }) => complete)
  return { session, torrent, name }
}

async function withoutFile(host: LibtorrentHost, world: World) {
  const torrent = await world.torrent('usual')
  const folder = await dataCopy(world, torrent)
  const seen = await believing(host, world, folder)
  await rm(join(folder, torrent.name))
  return seen
}

const SITUATIONS: readonly Situation<LibtorrentHost>[] = [
  {
    name: 'libtorrent is super-seeding',
    causes: ['super-seeding'],
    waits: 'the first piece is offered after 10 seconds',
    make: (host, world) => seeding(host, world, {}, { flags: ['super_seeding'] }),
  },
  {
    name: 'libtorrent is super-seeding and requires encryption',
    causes: ['super-seeding', 'encryption-required'],
    waits: 'the first piece is offered after 10 seconds',
    make: (host, world) =>
      seeding(host, world, { settings: ENCRYPTION_REQUIRED }, { flags: ['super_seeding'] }),
  },
  {
    name: 'libtorrent has no upload slot',
    causes: ['never-unchoked'],
    // its allowed-fast pieces are served all the same
    also: ['works'],
    waits: 'an unchoke may come late',
    make: (host, world) =>
      seeding(host, world, { settings: { unchoke_slots_limit: 0 }, limitsLoopback: true }),
  },
  {
    name: 'libtorrent uploads 1 kB a second',
    causes: ['rate-limit'],
    also: ['works'],
    waits: 'a block takes 16 seconds',
    make: (host, world) =>
      seeding(host, world, { settings: { upload_rate_limit: 1000 }, limitsLoopback: true }),
  },
  {
    name: 'libtorrent has half of the pieces',
    causes: ['works'],
    make: async (host, world) =>
      incomplete(host, world, await halfTheData(world, await world.torrent('usual')), { serves: [] }),
  },
  {
    name: 'libtorrent has no piece',
    causes: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: async (host, world) => incomplete(host, world, await emptyFolder(world)),
  },
  {
    name: 'libtorrent has a link without its metadata',
    causes: ['metadata-missing'],
    also: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: async (host, world) => {
      const torrent = await world.torrent('usual')
      const session = await host.session()
      const hash = Buffer.from(torrent.handshakeInfoHash).toString('hex')
      await session.add(torrent, { magnet: `magnet:?xt=urn:btih:${hash}`, folder: await emptyFolder(world) })
      return made(session, torrent, { target: byHash(torrent) })
    },
  },
  {
    name: 'libtorrent: the data is damaged, and it does not know yet',
    causes: ['data-gone'],
    also: ['closes-on-request'],
    make: async (host, world) => {
      const folder = await damagedData(world, await world.torrent('usual'))
      const { session, torrent } = await believing(host, world, folder)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the data was damaged after it had been checked',
    causes: ['bad-data'],
    make: async (host, world) => {
      const torrent = await world.torrent('usual')
      const folder = await dataCopy(world, torrent)
      const session = await host.session()
      await session.seed(torrent, { folder })
      await damage(torrent, folder)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the file is gone, and it does not know yet',
    causes: ['data-gone'],
    also: ['torrent-inactive', 'closes-on-request'],
    make: async (host, world) => {
      const { session, torrent } = await withoutFile(host, world)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: the torrent is in error, its file is gone',
    causes: ['torrent-inactive'],
    make: async (host, world) => {
      const { session, torrent, name } = await withoutFile(host, world)
      await world.run(
        ['fetch-block', session.peer, ...byFile(torrent), '--piece', '0', '-o', '-', '-q'],
        10_000,
      )
      await session.until(name, ({ paused }) => paused)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent: an SSL torrent',
    causes: ['ssl-torrent'],
    make: async (host, world) => {
      const torrent = await sslTorrent(world, await world.torrent('usual'))
      const session = await host.session()
      await session.seed(await world.torrent('another'))
      await session.seed(torrent)
      return made(session, torrent)
    },
  },
  {
    name: 'libtorrent seeds a hybrid torrent',
    causes: ['works'],
    make: async (host, world) => {
      const torrent = await world.torrent('hybrid', { version: 'hybrid' })
      const session = await host.session()
      await session.seed(torrent)
      return made(session, torrent, { serves: [] })
    },
  },
  {
    name: 'libtorrent seeds a v2 torrent',
    causes: ['works'],
    make: async (host, world) => {
      const torrent = await world.torrent('v2', { version: 'v2' })
      const session = await host.session()
      await session.seed(torrent)
      return made(session, torrent, { serves: [] })
    },
  },
  {
    name: 'libtorrent knows a hybrid torrent by its v2 hash only',
    causes: ['other-hash'],
    also: ['metadata-missing', 'nothing-to-offer'],
    waits: 'a piece may come late',
    make: async (host, world) => {
      const torrent = await world.torrent('hybrid', { version: 'hybrid' })
      const session = await host.session()
      const hash = Buffer.from(torrent.infoHashV2 ?? []).toString('hex')
      await session.add(torrent, {
        magnet: `magnet:?xt=urn:btmh:1220${hash}`,
        folder: await emptyFolder(world),
      })
      return made(session, torrent)
    },
  },
]

export const LIBTORRENT_SERVING = station({
  name: 'libtorrent, what it serves',
  missing: () => missingReason('libtorrent'),
  start: () => LibtorrentHost.start(),
  situations: SITUATIONS,
})
