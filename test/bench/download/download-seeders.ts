import { startSeeder } from '../../../src/net/seeder/seeder.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import type { Endpoint } from '../../peers/options.ts'
import { missingReason, startPeer } from '../../peers/peer.ts'
import type { BenchTorrent } from './bench-torrent.ts'

export interface RunningSeeder extends Endpoint {
  readonly stop: () => Promise<void>
}

export interface SeederKind {
  readonly name: string
  readonly missingReason: () => string | undefined
  readonly start: (torrent: BenchTorrent) => Promise<RunningSeeder>
}

export const libtorrentSeeder = (transport: 'tcp' | 'utp'): SeederKind => ({
  name: 'libtorrent as the seeder',
  missingReason: () => missingReason('libtorrent'),
  start: ({ torrentBytes, dataFolder }) =>
    startPeer('libtorrent', { torrent: torrentBytes, dataFolder, transport }),
})

/** Blocks are windows of a megabyte in memory, as with `serve --synthetic`: a read costs nothing. It runs in this process. */
export const syntheticSeeder: SeederKind = {
  name: 'synthetic seeder of our own',
  missingReason: () => undefined,
  async start({ metainfo, store }) {
    const seeder = await startSeeder({
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      torrent: { metainfo, store, have: 'all' },
      transports: [listenTcp],
      peerId: new TextEncoder().encode('-PW0100-of-the-bench'),
      random: Math.random,
    })
    const { address, port } = seeder.address
    return { host: address, port, stop: () => seeder.close('abort') }
  },
}
