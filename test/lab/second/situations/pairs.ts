import { dataCopy, emptyFolder, halfTheData } from '../../torrents.ts'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { byFile } from '../../world.ts'
import { companion } from '../../clients/companion.ts'
import { ENCRYPTION_REQUIRED, ONE_PER_ADDRESS, UTP_ONLY } from '../../clients/libtorrent-host.ts'
import { Qbittorrent } from '../../clients/qbittorrent.ts'
import { Transmission } from '../../clients/transmission.ts'
import { startUntilOutput } from '../../set/process.ts'
import { PYTHON } from '../../../peers/clients/libtorrent.ts'
import { fileURLToPath } from 'node:url'
import { libtorrent, served } from '../../set/seeders.ts'
import type { SetSituation } from '../../set/situation.ts'
import { startScripted } from '../../set/scripted.ts'

/** Two things wrong at once. */
export const PAIRS: readonly SetSituation[] = [
  {
    name: 'libtorrent requires encryption and does not know the torrent',
    causes: ['encryption-required', 'torrent-unknown'],
    note: 'TCP and uTP, another torrent is active',
    make: async (world, starting) => {
      const session = await libtorrent(starting, { settings: ENCRYPTION_REQUIRED })
      await session.seed(await world.torrent('usual'))
      return { peer: session.peer, target: byFile(await world.torrent('unknown')) }
    },
  },
  {
    name: 'libtorrent requires encryption and super-seeds',
    causes: ['encryption-required', 'super-seeding'],
    note: 'seen only behind the encryption',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting, { settings: ENCRYPTION_REQUIRED })
      await session.seed(torrent, { flags: ['super_seeding'] })
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent takes uTP only and is full',
    causes: ['connection-limit'],
    also: ['utp-only'],
    ambiguous: ['connection-limit', 'no-active-torrent', 'address-filtered', 'same-address'],
    note: 'limit 1, held by another peer over uTP; it closes as libtorrent does without a torrent',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const limits = { connections_limit: 1, connections_slack: 0 }
      const session = await libtorrent(starting, {
        settings: { ...UTP_ONLY, ...limits },
        limitsLoopback: true,
      })
      const name = await session.seed(torrent)
      const script = fileURLToPath(new URL('../utp_companion.py', import.meta.url))
      const dials = [torrent.torrentPath, await emptyFolder(world), '127.0.0.1', String(session.port)]
      starting.keep(await startUntilOutput([PYTHON, script, ...dials]))
      await session.until(name, ({ peers }) => peers > 0)
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent takes uTP only and has no upload slot',
    causes: ['utp-only', 'never-unchoked'],
    note: 'unchoke_slots_limit 0',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const settings = { ...UTP_ONLY, unchoke_slots_limit: 0, choking_algorithm: 0 }
      const session = await libtorrent(starting, { settings, limitsLoopback: true })
      await session.seed(torrent)
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent takes uTP only and its files are gone',
    causes: ['utp-only', 'data-gone'],
    also: ['rejects-requests'],
    ambiguous: ['closes-on-request'],
    note: 'the files are removed after the check',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const folder = await dataCopy(world, torrent)
      const session = await libtorrent(starting, { settings: UTP_ONLY })
      await session.seed(torrent, { folder })
      await rm(join(folder, torrent.name))
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent requires encryption and knows us by another client of our address',
    causes: ['encryption-required', 'same-address'],
    note: 'one connection per address, held by a peer from before the encryption was required',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting, { settings: ONE_PER_ADDRESS })
      await session.seed(torrent)
      const other = await companion(session.port, torrent.handshakeInfoHash, '127.0.0.1')
      starting.keep({ stop: () => other.leave() })
      await session.host.call('settings', { session: session.name, settings: ENCRYPTION_REQUIRED })
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Transmission requires encryption, is slow and has half of the pieces',
    causes: ['encryption-required', 'rate-limit'],
    note: 'upload limit 1 kB/s; half of the pieces is no fault',
    make: async (world, starting) => {
      const torrent = await world.torrent('half')
      const client = starting.keep(await Transmission.start(world))
      await client.settings({
        encryption: 'required',
        'speed-limit-up': 1,
        'speed-limit-up-enabled': true,
      })
      await client.add(torrent, await halfTheData(world, torrent))
      await client.act('torrent-start-now', torrent)
      await client.until(torrent, ({ status }) => status === 4)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'qBittorrent requires encryption and the torrent is paused',
    causes: ['encryption-required', 'torrent-inactive'],
    note: 'another torrent is active',
    make: async (world, starting) => {
      const torrent = await world.torrent('paused')
      const client = starting.keep(await Qbittorrent.start(world))
      await client.settings({ encryption: 1 })
      await client.seed(torrent)
      await client.act('pause', torrent)
      await client.until(torrent, 'pausedUP')
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'serve requires encryption and never unchokes',
    causes: ['encryption-required', 'never-unchoked'],
    note: 'serve --encryption require --fault choke-forever',
    make: served(['--encryption', 'require', '--fault', 'choke-forever']),
  },
  {
    name: 'serve sends wrong data, slowly',
    causes: ['bad-data', 'rate-limit'],
    note: '2 KiB a second, one wrong bit in every block',
    make: served(['--fault', 'corrupt-every=1', '--fault', 'slow=2048']),
  },
  {
    name: 'serve rejects metadata requests and never unchokes',
    causes: ['metadata-missing', 'never-unchoked'],
    note: 'asked by hash',
    make: served(['--fault', 'metadata-reject', '--fault', 'choke-forever'], 'hash'),
  },
  {
    name: 'a client refuses our name and our reserved bits',
    causes: ['name-banned', 'bits-refused'],
    note: 'closes on -PW and, for others, on any reserved bit; each alone changes nothing',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const { peer } = starting.keep(
        await startScripted(torrent, (socket, handshake, serve) => {
          const hasBits = handshake.subarray(20, 28).some((byte) => byte !== 0)
          const isOurs = handshake.subarray(48, 51).toString('latin1') === '-PW'
          if (hasBits || isOurs) socket.end()
          else serve()
        }),
      )
      return { peer, target: byFile(torrent) }
    },
  },
  {
    name: 'libtorrent has nothing yet and takes uTP only',
    causes: ['utp-only', 'nothing-to-offer'],
    note: 'an empty folder, and nobody to load from',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting, { settings: UTP_ONLY })
      const name = await session.add(torrent, { folder: await emptyFolder(world) })
      await session.until(name, ({ state }) => state === 'downloading')
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
]
