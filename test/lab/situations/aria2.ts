import { missingReason } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import { Aria2 } from '../clients/aria2.ts'
import { companion } from '../clients/companion.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { emptyFolder, halfTheData } from '../torrents.ts'
import { HASH_REFUSED, KNOWN_AND_REFUSED, PLAINTEXT_REFUSED } from '../truths.ts'
import { byFile, byHash, type World } from '../world.ts'

function made({ peer, running }: Aria2, torrent: TestTorrent, more: Partial<Made> = {}): Made {
  return { peer, target: byFile(torrent), log: () => running.log(), ...more }
}

/** A torrent of its own for a situation, removed afterwards. */
async function ownTorrent(
  client: Aria2,
  world: World,
  name: string,
  prepare: (torrent: TestTorrent) => Promise<{ readonly id: string } & Partial<Made>>,
): Promise<Made> {
  const torrent = await world.torrent(`aria2 ${name}`)
  const { id, ...more } = await prepare(torrent)
  return made(client, torrent, {
    ...more,
    cleanup: async () => {
      await more.cleanup?.()
      await client.remove(id)
    },
  })
}

const SITUATIONS: readonly Situation<Aria2>[] = [
  {
    name: 'aria2 seeds',
    causes: ['works'],
    make: async (client, world) => made(client, await world.torrent('usual'), { serves: [] }),
  },
  {
    name: 'aria2 seeds, and only the info hash is given',
    causes: ['works'],
    make: async (client, world) => {
      const torrent = await world.torrent('usual')
      return made(client, torrent, { target: byHash(torrent), serves: [] })
    },
  },
  {
    name: 'aria2 does not know the torrent',
    causes: ['torrent-unknown'],
    ambiguous: HASH_REFUSED,
    make: async (client, world) => made(client, await world.torrent('unknown')),
  },
  {
    name: 'aria2: the torrent is paused',
    causes: ['torrent-inactive'],
    ambiguous: HASH_REFUSED,
    make: (client, world) =>
      ownTorrent(client, world, 'paused', async (torrent) => {
        const id = await client.add(torrent)
        await client.call('forcePause', id)
        await client.until(id, ({ status }) => status === 'paused')
        return { id }
      }),
  },
  {
    name: 'aria2: the torrent has reached its connection limit',
    causes: ['connection-limit'],
    ambiguous: KNOWN_AND_REFUSED,
    make: (client, world) =>
      ownTorrent(client, world, 'full', async (torrent) => {
        const id = await client.add(torrent, { 'bt-max-peers': '1' })
        const other = await companion(client.running.port, torrent.handshakeInfoHash, '127.0.0.9')
        return { id, holds: other.isThere, cleanup: () => other.leave() }
      }),
  },
  {
    name: 'aria2 uploads 1 kB a second',
    causes: ['rate-limit'],
    also: ['works'],
    waits: 'a block takes 16 seconds',
    make: (client, world) =>
      ownTorrent(client, world, 'slow', async (torrent) => ({
        id: await client.add(torrent, { 'max-upload-limit': '1K' }),
      })),
  },
  {
    name: 'aria2 has half of the pieces',
    causes: ['works'],
    make: (client, world) =>
      ownTorrent(client, world, 'half', async (torrent) => ({
        id: await client.add(torrent, {}, await halfTheData(world, torrent)),
        serves: [],
      })),
  },
  {
    name: 'aria2 has no piece',
    causes: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: (client, world) =>
      ownTorrent(client, world, 'none', async (torrent) => ({
        id: await client.add(torrent, {}, await emptyFolder(world)),
      })),
  },
  {
    name: 'aria2 has no torrent at all',
    causes: ['torrent-unknown'],
    also: ['no-active-torrent'],
    ambiguous: HASH_REFUSED,
    make: async (client, world) => {
      await client.removeAll()
      return made(client, await world.torrent('usual'))
    },
  },
]

const ENCRYPTED: readonly Situation<Aria2>[] = [
  {
    name: 'aria2 requires encryption',
    causes: ['encryption-required'],
    ambiguous: PLAINTEXT_REFUSED,
    make: async (client, world) =>
      made(client, await world.torrent('usual'), { serves: ['--encryption', 'require'] }),
  },
  {
    name: 'aria2 requires encryption and does not know the torrent',
    causes: ['torrent-unknown'],
    also: ['encryption-required'],
    ambiguous: HASH_REFUSED,
    make: async (client, world) => made(client, await world.torrent('unknown')),
  },
]

export const ARIA2 = station({
  name: 'aria2',
  missing: () => missingReason('aria2'),
  start: (world) => Aria2.start(world),
  situations: SITUATIONS,
})

export const ENCRYPTED_ARIA2 = station({
  name: 'aria2 with RC4 only',
  missing: () => missingReason('aria2'),
  start: (world) => Aria2.start(world, { encryption: 'rc4-only' }),
  situations: ENCRYPTED,
})
