import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { missingReason } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import { companion } from '../clients/companion.ts'
import { STATUS, Transmission } from '../clients/transmission.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { dataCopy, emptyFolder, halfTheData } from '../torrents.ts'
import { HASH_REFUSED, KNOWN_AND_REFUSED } from '../truths.ts'
import { byFile, byHash, type World } from '../world.ts'

function made({ peer, running }: Transmission, torrent: TestTorrent, more: Partial<Made> = {}): Made {
  return { peer, target: byFile(torrent), log: () => running.log(), ...more }
}

/** A torrent of its own for a situation, removed afterwards. */
async function ownTorrent(
  client: Transmission,
  world: World,
  name: string,
  prepare: (torrent: TestTorrent) => Promise<Partial<Made> | void>,
): Promise<Made> {
  const torrent = await world.torrent(`transmission ${name}`)
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

/** With settings of the program that are put back afterwards. */
async function withSettings(
  client: Transmission,
  settings: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
  situation: Made,
): Promise<Made> {
  await client.settings(settings)
  return {
    ...situation,
    cleanup: async () => {
      await client.settings(before)
      await situation.cleanup?.()
    },
  }
}

const REQUIRED = { encryption: 'required' }
const TOLERATED = { encryption: 'tolerated' }

const SITUATIONS: readonly Situation<Transmission>[] = [
  {
    name: 'Transmission seeds',
    causes: ['works'],
    make: async (client, world) => made(client, await world.torrent('usual'), { serves: [] }),
  },
  {
    name: 'Transmission seeds, and only the info hash is given',
    causes: ['works'],
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      return made(client, torrent, { target: byHash(torrent), serves: [] })
    },
  },
  {
    name: 'Transmission seeds over TCP and uTP',
    causes: ['works'],
    make: async (client, world) =>
      withSettings(
        client,
        { 'utp-enabled': true },
        { 'utp-enabled': false },
        made(client, await world.torrent('usual'), { serves: [] }),
      ),
  },
  {
    name: 'Transmission does not know the torrent',
    causes: ['torrent-unknown'],
    ambiguous: HASH_REFUSED,
    make: async (client, world) => made(client, await world.torrent('unknown')),
  },
  {
    name: 'Transmission: the torrent is stopped',
    causes: ['torrent-inactive'],
    ambiguous: KNOWN_AND_REFUSED,
    make: (client, world) => ownTorrent(client, world, 'stopped', (torrent) => client.add(torrent)),
  },
  {
    name: 'Transmission: the torrent is queued',
    causes: ['torrent-inactive'],
    ambiguous: KNOWN_AND_REFUSED,
    make: async (client, world) => {
      const situation = await ownTorrent(client, world, 'queued', async (torrent) => {
        await client.settings({ 'seed-queue-enabled': true, 'seed-queue-size': 1 })
        await client.add(torrent)
        await client.act('torrent-start', torrent)
        await client.until(torrent, ({ status }) => status === STATUS.waitsToSeed)
      })
      return withSettings(client, {}, { 'seed-queue-enabled': false }, situation)
    },
  },
  {
    name: 'Transmission: the torrent is in error, its file is gone',
    causes: ['torrent-inactive'],
    ambiguous: KNOWN_AND_REFUSED,
    make: (client, world) =>
      ownTorrent(client, world, 'in error', async (torrent) => {
        const folder = await dataCopy(world, torrent)
        await client.add(torrent, folder)
        await rm(join(folder, torrent.name))
        await client.act('torrent-start-now', torrent)
        await client.until(torrent, ({ status, error }) => error !== 0 && status === STATUS.stopped)
      }),
  },
  {
    name: 'Transmission: the torrent has reached its connection limit',
    causes: ['connection-limit'],
    ambiguous: KNOWN_AND_REFUSED,
    make: (client, world) =>
      ownTorrent(client, world, 'full', async (torrent) => {
        await client.seed(torrent)
        await client.set(torrent, { 'peer-limit': 1 })
        const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.9')
        return { holds: other.isThere, cleanup: () => other.leave() }
      }),
  },
  {
    name: 'Transmission has a connection from our address',
    causes: ['same-address'],
    make: (client, world) =>
      ownTorrent(client, world, 'same address', async (torrent) => {
        await client.seed(torrent)
        const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.1')
        return { holds: other.isThere, cleanup: () => other.leave() }
      }),
  },
  {
    name: 'Transmission has an upload limit of 0',
    causes: ['never-unchoked'],
    waits: 'an unchoke may come late',
    make: async (client, world) =>
      withSettings(
        client,
        { 'speed-limit-up-enabled': true, 'speed-limit-up': 0 },
        { 'speed-limit-up-enabled': false },
        made(client, await world.torrent('usual')),
      ),
  },
  {
    name: 'Transmission uploads 1 kB a second',
    causes: ['rate-limit'],
    also: ['works'],
    waits: 'a block takes 16 seconds',
    make: (client, world) =>
      ownTorrent(client, world, 'limit of 1', async (torrent) => {
        await client.seed(torrent)
        await client.set(torrent, { uploadLimited: true, uploadLimit: 1, honorsSessionLimits: false })
      }),
  },
  {
    name: 'Transmission has half of the pieces',
    causes: ['works'],
    make: (client, world) =>
      ownTorrent(client, world, 'half', async (torrent) => {
        await client.add(torrent, await halfTheData(world, torrent))
        await client.act('torrent-start-now', torrent)
        await client.until(torrent, ({ status, haveValid }) => status === STATUS.downloading && haveValid > 0)
        return { serves: [] }
      }),
  },
  {
    name: 'Transmission has no piece',
    causes: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: (client, world) =>
      ownTorrent(client, world, 'none', async (torrent) => {
        await client.add(torrent, await emptyFolder(world))
        await client.act('torrent-start-now', torrent)
        await client.until(torrent, ({ status }) => status === STATUS.downloading)
      }),
  },
  {
    name: 'Transmission requires encryption',
    causes: ['encryption-required'],
    make: async (client, world) =>
      withSettings(
        client,
        REQUIRED,
        TOLERATED,
        made(client, await world.torrent('usual'), { serves: ['--encryption', 'require'] }),
      ),
  },
  {
    name: 'Transmission requires encryption and does not know the torrent',
    causes: ['torrent-unknown'],
    also: ['encryption-required'],
    ambiguous: [...HASH_REFUSED, 'encryption-required'],
    make: async (client, world) =>
      withSettings(client, REQUIRED, TOLERATED, made(client, await world.torrent('unknown'))),
  },
  {
    name: 'Transmission requires encryption, and the torrent is stopped',
    causes: ['torrent-inactive'],
    also: ['encryption-required'],
    ambiguous: KNOWN_AND_REFUSED,
    make: async (client, world) =>
      withSettings(
        client,
        REQUIRED,
        TOLERATED,
        await ownTorrent(client, world, 'stopped, encrypted', (torrent) => client.add(torrent)),
      ),
  },
  {
    name: 'Transmission filters our address',
    causes: ['address-filtered'],
    make: async (client, world) => {
      await client.block(['127.0.0.1'])
      const situation = made(client, await world.torrent('usual'), {
        serves: ['--source', '127.0.0.2'],
        // it calls a blocklist a ban
        log: () => '',
      })
      return withSettings(client, {}, { 'blocklist-enabled': false }, situation)
    },
  },
  {
    name: 'Transmission has no torrent at all',
    causes: ['torrent-unknown'],
    also: ['no-active-torrent'],
    ambiguous: HASH_REFUSED,
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      await client.remove(torrent)
      return made(client, torrent)
    },
  },
]

export const TRANSMISSION = station({
  name: 'Transmission',
  missing: () => missingReason('transmission'),
  start: (world) => Transmission.start(world),
  situations: SITUATIONS,
})
