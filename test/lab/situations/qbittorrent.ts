import { missingReason } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import { companion } from '../clients/companion.ts'
import { Qbittorrent } from '../clients/qbittorrent.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { emptyFolder, halfTheData } from '../torrents.ts'
import { CLOSES_ON_ACCEPT } from '../truths.ts'
import { byFile, byHash, type World } from '../world.ts'

function made({ peer, running }: Qbittorrent, torrent: TestTorrent, more: Partial<Made> = {}): Made {
  return { peer, target: byFile(torrent), log: () => running.log(), ...more }
}

/** A torrent of its own for a situation, removed afterwards. */
async function ownTorrent(
  client: Qbittorrent,
  world: World,
  name: string,
  prepare: (torrent: TestTorrent) => Promise<Partial<Made> | void>,
): Promise<Made> {
  const torrent = await world.torrent(`qbittorrent ${name}`)
  let more: Partial<Made>
  try {
    more = (await prepare(torrent)) ?? {}
  } catch (error) {
    await client.remove(torrent)
    throw error
  }
  return made(client, torrent, {
    ...more,
    cleanup: async () => {
      await more.cleanup?.()
      await client.remove(torrent)
    },
  })
}

type Values = Readonly<Record<string, unknown>>

/** With settings of the program that are put back afterwards. */
async function withSettings(
  client: Qbittorrent,
  settings: Values,
  before: Values,
  situation: Made,
): Promise<Made> {
  await client.settings(settings)
  return {
    ...situation,
    cleanup: async () => {
      await situation.cleanup?.()
      await client.settings(before)
    },
  }
}

const REQUIRED = { encryption: 1 }
const ALLOWED = { encryption: 0 }
const UTP_ONLY = { bittorrent_protocol: 2 }
const BOTH = { bittorrent_protocol: 0 }

const SITUATIONS: readonly Situation<Qbittorrent>[] = [
  {
    name: 'qBittorrent seeds',
    causes: ['works'],
    make: async (client, world) => made(client, await world.torrent('usual'), { serves: [] }),
  },
  {
    name: 'qBittorrent seeds, and only the info hash is given',
    causes: ['works'],
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      return made(client, torrent, { target: byHash(torrent), serves: [] })
    },
  },
  {
    name: 'qBittorrent does not know the torrent',
    causes: ['torrent-unknown'],
    make: async (client, world) => made(client, await world.torrent('unknown')),
  },
  {
    name: 'qBittorrent: the torrent is paused, another one is active',
    causes: ['torrent-inactive'],
    make: (client, world) =>
      ownTorrent(client, world, 'paused', async (torrent) => {
        await client.seed(torrent)
        await client.act('pause', torrent)
        await client.until(torrent, 'pausedUP')
      }),
  },
  {
    name: 'qBittorrent: the torrent is queued',
    causes: ['torrent-inactive'],
    make: async (client, world) => {
      const situation = await ownTorrent(client, world, 'queued', async (torrent) => {
        await client.settings({ queueing_enabled: true, max_active_uploads: 1, max_active_torrents: 1 })
        await client.add(torrent)
        await client.until(torrent, 'queuedUP')
      })
      return withSettings(client, {}, { queueing_enabled: false }, situation)
    },
  },
  {
    name: 'qBittorrent is super-seeding',
    causes: ['super-seeding'],
    waits: 'the first piece is offered after 10 seconds',
    make: (client, world) =>
      ownTorrent(client, world, 'super', async (torrent) => {
        await client.seed(torrent)
        await client.act('setSuperSeeding', torrent, { value: 'true' })
      }),
  },
  {
    name: 'qBittorrent uploads 1 kB a second',
    causes: ['rate-limit'],
    also: ['works'],
    waits: 'a block takes 16 seconds',
    make: async (client, world) =>
      withSettings(
        client,
        { up_limit: 1024, limit_lan_peers: true },
        { up_limit: 0 },
        made(client, await world.torrent('usual')),
      ),
  },
  {
    name: 'qBittorrent has half of the pieces',
    causes: ['works'],
    make: (client, world) =>
      ownTorrent(client, world, 'half', async (torrent) => {
        await client.add(torrent, await halfTheData(world, torrent))
        await client.until(torrent, 'stalledDL', 'downloading')
        return { serves: [] }
      }),
  },
  {
    name: 'qBittorrent has no piece',
    causes: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: (client, world) =>
      ownTorrent(client, world, 'none', async (torrent) => {
        await client.add(torrent, await emptyFolder(world))
        await client.until(torrent, 'stalledDL', 'downloading')
      }),
  },
  {
    name: 'qBittorrent requires encryption',
    causes: ['encryption-required'],
    make: async (client, world) =>
      withSettings(
        client,
        REQUIRED,
        ALLOWED,
        made(client, await world.torrent('usual'), { serves: ['--encryption', 'require'] }),
      ),
  },
  {
    name: 'qBittorrent requires encryption, and the torrent is paused',
    causes: ['torrent-inactive', 'encryption-required'],
    make: async (client, world) =>
      withSettings(
        client,
        REQUIRED,
        ALLOWED,
        await ownTorrent(client, world, 'paused, encrypted', async (torrent) => {
          await client.seed(torrent)
          await client.act('pause', torrent)
          await client.until(torrent, 'pausedUP')
        }),
      ),
  },
  {
    name: 'qBittorrent has encryption switched off',
    causes: ['works'],
    make: async (client, world) =>
      withSettings(
        client,
        { encryption: 2 },
        ALLOWED,
        made(client, await world.torrent('usual'), { serves: [] }),
      ),
  },
  {
    name: 'qBittorrent has a connection from our address',
    causes: ['same-address'],
    make: async (client, world) => {
      const situation = await ownTorrent(client, world, 'same address', async (torrent) => {
        await client.settings({ enable_multi_connections_from_same_ip: false })
        await client.seed(torrent)
        const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.1')
        return { holds: other.isThere, cleanup: () => other.leave() }
      })
      return withSettings(client, {}, { enable_multi_connections_from_same_ip: true }, situation)
    },
  },
  {
    name: 'qBittorrent has reached its connection limit',
    causes: ['connection-limit'],
    make: async (client, world) => {
      const situation = await ownTorrent(client, world, 'full', async (torrent) => {
        await client.settings({ max_connec: 1 })
        await client.seed(torrent)
        const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.9')
        return { holds: other.isThere, cleanup: () => other.leave() }
      })
      return withSettings(client, {}, { max_connec: 500 }, situation)
    },
  },
  {
    name: 'qBittorrent has banned our address',
    causes: ['address-filtered'],
    make: async (client, world) =>
      withSettings(
        client,
        { banned_IPs: '127.0.0.1' },
        { banned_IPs: '' },
        made(client, await world.torrent('usual'), { serves: ['--source', '127.0.0.2'], log: () => '' }),
      ),
  },
  {
    name: 'qBittorrent takes uTP only',
    causes: ['utp-only'],
    make: async (client, world) =>
      withSettings(
        client,
        UTP_ONLY,
        BOTH,
        made(client, await world.torrent('usual'), { serves: ['--transport', 'utp'] }),
      ),
  },
  {
    name: 'qBittorrent: its only torrent is paused',
    causes: ['no-active-torrent'],
    ambiguous: CLOSES_ON_ACCEPT,
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      await client.act('pause', torrent)
      await client.until(torrent, 'pausedUP')
      return made(client, torrent)
    },
  },
  {
    name: 'qBittorrent has no torrent at all',
    causes: ['no-active-torrent'],
    also: ['torrent-unknown'],
    ambiguous: CLOSES_ON_ACCEPT,
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      await client.remove(torrent)
      return made(client, torrent)
    },
  },
]

export const QBITTORRENT = station({
  name: 'qBittorrent',
  missing: () => missingReason('qbittorrent'),
  start: (world) => Qbittorrent.start(world),
  situations: SITUATIONS,
})
