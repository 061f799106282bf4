import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startPeer } from '../../../peers/peer.ts'
import { Rtorrent } from '../../clients/rtorrent.ts'
import { STATUS, Transmission } from '../../clients/transmission.ts'
import { startRelay } from '../../network/relay.ts'
import { introducing } from '../../set/path.ts'
import { damage, dataCopy, emptyFolder } from '../../torrents.ts'
import { HASH_REFUSED, NO_PROOF_AT_ALL, PLAINTEXT_REFUSED } from '../../truths.ts'
import { byFile, byHash, type World } from '../../world.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'

async function rtorrent(world: World, starting: Starting, settings: readonly string[] = []) {
  const client = starting.keep(await Rtorrent.start(settings))
  const torrent = await world.torrent('usual')
  await client.seed(torrent)
  return { client, torrent }
}

/** rTorrent seeds the usual torrent with such settings. */
const rtorrentWith = (settings: readonly string[]) => async (world: World, starting: Starting) => {
  const { client, torrent } = await rtorrent(world, starting, settings)
  return { peer: client.peer, target: byFile(torrent) }
}

const RTORRENT: readonly SetSituation[] = [
  {
    name: 'rTorrent seeds',
    causes: ['works'],
    note: '0.9.8, TCP, as it comes',
    make: rtorrentWith([]),
  },
  {
    name: 'rTorrent does not know the torrent',
    causes: ['torrent-unknown'],
    ambiguous: NO_PROOF_AT_ALL,
    excluded: ['encryption-required', 'plaintext-filtered'],
    note: 'another torrent is active; no uTP, so it never says why',
    make: async (world, starting) => {
      const { client } = await rtorrent(world, starting)
      return { peer: client.peer, target: byFile(await world.torrent('other')) }
    },
  },
  {
    name: 'rTorrent: the torrent is stopped',
    causes: ['torrent-inactive'],
    ambiguous: NO_PROOF_AT_ALL,
    excluded: ['encryption-required', 'plaintext-filtered'],
    note: 'd.stop and d.close, another one is active',
    make: async (world, starting) => {
      const { client } = await rtorrent(world, starting)
      const torrent = await world.torrent('other')
      await client.seed(torrent)
      await client.act('d.stop', torrent)
      await client.act('d.close', torrent)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'rTorrent requires RC4',
    causes: ['encryption-required'],
    ambiguous: PLAINTEXT_REFUSED,
    note: 'protocol.encryption.set=allow_incoming,require,require_RC4, as many seedboxes have it',
    make: rtorrentWith(['protocol.encryption.set = allow_incoming,require,require_RC4']),
  },
  {
    name: 'rTorrent seeds initially',
    causes: ['super-seeding'],
    ambiguous: ['nothing-to-offer'],
    note: 'its own kind of super-seeding (initial_seed)',
    make: rtorrentWith(['protocol.connection.seed.set = initial_seed']),
  },
  {
    name: 'rTorrent uploads 1 kB a second',
    causes: ['rate-limit'],
    ambiguous: ['rate-limit', 'stalls'],
    first: ['rate-limit'],
    isOneOf: true,
    note: 'throttle.global_up.max_rate.set_kb=1',
    make: rtorrentWith(['throttle.global_up.max_rate.set_kb = 1']),
  },
]

/** Leaves a process the files that it has open, and no other. */
async function withoutFreeFiles(pid: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), '--nofile=1:1'])
}

const TRANSMISSION: readonly SetSituation[] = [
  {
    name: 'Transmission with uTP has no torrent',
    causes: ['torrent-unknown'],
    ambiguous: HASH_REFUSED,
    note: 'TCP and uTP; its uTP gives no reasons',
    make: async (world, starting) => {
      const { torrentPath, dataFolder } = await world.torrent('usual')
      const seeding = { torrent: torrentPath, dataFolder, transport: 'both' } as const
      const running = starting.keep(await startPeer('transmission', seeding))
      await running.removeTorrent()
      return { peer: `${running.host}:${running.port}`, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'Transmission: the data was damaged after it had been verified',
    isFleeting: true,
    causes: ['data-gone', 'torrent-inactive', 'bad-data'],
    isOneOf: true,
    also: ['rejects-requests', 'closes-on-request', 'changed'],
    excluded: ['torrent-unknown', 'nothing-to-offer'],
    note: 'one byte of every piece; it notices when it reads for a request, and stops the torrent, or sends what it reads',
    make: async (world, starting) => {
      const torrent = await world.torrent('spoilt')
      const folder = await dataCopy(world, torrent)
      const client = starting.keep(await Transmission.start(world))
      await client.add(torrent, folder)
      await client.act('torrent-start-now', torrent)
      await client.until(torrent, ({ status }) => status === STATUS.seeding)
      await damage(torrent, folder)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Transmission has no free file descriptor',
    causes: ['frozen', 'silent-service'],
    isOneOf: true,
    ambiguous: ['frozen', 'filtered', 'no-backend'],
    note: 'its system accepts connections, and accept() of the process fails',
    make: async (world, starting) => {
      const client = starting.keep(await Transmission.start(world))
      await withoutFreeFiles(client.running.pid)
      return { peer: client.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'Transmission has two of four files',
    causes: ['works'],
    note: 'only the second and the last file are wanted; the pieces at their ends are incomplete',
    make: async (world, starting) => {
      const length = 300_000
      const files = ['a', 'b', 'c', 'd'].map((path) => ({ path, length }))
      const torrent = await world.torrent('files', { files, name: 'four' })
      const client = starting.keep(await Transmission.start(world))
      const metainfo = Buffer.from(torrent.torrentBytes).toString('base64')
      const folder = await emptyFolder(world)
      const unwanted = { 'files-unwanted': [0, 2] }
      await client.call('torrent-add', { metainfo, 'download-dir': folder, paused: true, ...unwanted })
      const from = `${torrent.dataFolder}/four`
      await promisify(execFile)('sh', ['-c', 'mkdir "$1/four"; cp "$0/b" "$0/d" "$1/four"', from, folder])
      await client.act('torrent-verify', torrent)
      await client.until(torrent, ({ recheckProgress, haveValid }) => recheckProgress === 0 && haveValid > 0)
      await client.act('torrent-start-now', torrent)
      await client.until(torrent, ({ status }) => status === STATUS.seeding || status === STATUS.downloading)
      return { peer: client.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Transmission has a magnet link and nobody to ask',
    causes: ['metadata-missing', 'nothing-to-offer'],
    isOneOf: true,
    ambiguous: ['torrent-unknown', 'torrent-inactive'],
    note: 'asked by the hash: it has no metadata and no piece',
    make: async (world, starting) => {
      const torrent = await world.torrent('link')
      const hash = Buffer.from(torrent.handshakeInfoHash).toString('hex')
      const client = starting.keep(await Transmission.start(world))
      await client.call('torrent-add', { filename: `magnet:?xt=urn:btih:${hash}` })
      await client.until(torrent, ({ status }) => status === STATUS.downloading)
      return { peer: client.peer, target: byHash(torrent) }
    },
  },
  {
    name: 'Transmission behind a load balancer that adds a PROXY line',
    causes: ['unexplained', 'encryption-broken', 'protocol-broken'],
    isOneOf: true,
    ambiguous: NO_PROOF_AT_ALL,
    excluded: ['http-server', 'tls-service', 'other-service', 'nothing-to-offer'],
    note: '"PROXY TCP4 …" in front of our bytes, as HAProxy with send-proxy: it reads all that comes as a key of MSE',
    make: async (world, starting) => {
      const client = starting.keep(await Transmission.start(world))
      const words = 'PROXY TCP4 192.0.2.7 127.0.0.1 50000 6881\r\n'
      const relay = starting.keep(await startRelay(client.running.port, introducing(words)))
      return { peer: relay.peer, target: byFile(await world.torrent('usual')) }
    },
  },
]

export const CLIENTS: readonly SetSituation[] = [...RTORRENT, ...TRANSMISSION]
