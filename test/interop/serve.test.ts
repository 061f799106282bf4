import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openDiskStore } from '../../src/net/disk-store.ts'
import { startSeeder, type Seeder, type SeededTorrent } from '../../src/net/seeder.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import { decodeMetainfo } from '../../src/wire/metainfo.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind, type RunningPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent, type TestTorrent } from '../peers/torrents.ts'

const FILES = [
  { path: 'a/first', length: 400_000 },
  { path: 'b', length: 1 },
  { path: 'c/d/last', length: 3 * 262_144 + 4321 },
]
const torrent = await makeTorrent({ files: FILES })

afterAll(() => torrent.remove())

async function seed({ torrentBytes, dataFolder }: TestTorrent): Promise<Seeder> {
  const metainfo = decodeMetainfo(torrentBytes)
  const store = await openDiskStore(metainfo, dataFolder)
  const seeded: SeededTorrent = { metainfo, have: 'all', store }
  const listen = { address: '127.0.0.1', port: 0, family: 4 } as const
  const peerId = new TextEncoder().encode('-PW0100-abcdefghijkl')
  const seeder = await startSeeder({
    listen,
    torrent: seeded,
    transports: [listenTcp],
    peerId,
    random: Math.random,
  })
  const close = async () => {
    await seeder.close('abort')
    await store.close()
  }
  return { address: seeder.address, close }
}

/** Lets these clients download from one seeder at the same time, and compares what they wrote. */
async function downloadAll(kinds: readonly PeerKind[], made: TestTorrent): Promise<void> {
  const seeder = await seed(made)
  const { address: host, port } = seeder.address
  const folders = await Promise.all(kinds.map(() => makeEmptyFolder()))
  const peers: RunningPeer[] = []
  try {
    await Promise.all(
      kinds.map(async (kind, i) => {
        const dataFolder = folders[i]?.path ?? ''
        const connectTo = { host, port }
        const peer = await startPeer(kind, {
          torrent: made.torrentBytes,
          dataFolder,
          role: 'download',
          connectTo,
        })
        peers.push(peer)
        await peer.completed()
        for (const file of made.files) await expectSameFile(made, dataFolder, file.path)
      }),
    )
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
    await seeder.close()
    await Promise.all(folders.map((folder) => folder.remove()))
  }
}

async function expectSameFile(made: TestTorrent, folder: string, path: string): Promise<void> {
  const isSingle = made.files.length === 1 && path === made.name
  const name = isSingle ? path : join(made.name, path)
  const [got, wanted] = await Promise.all([folder, made.dataFolder].map((root) => readFile(join(root, name))))
  expect(got?.equals(wanted ?? Buffer.alloc(0))).toBe(true)
}

// Transmission never dials a loopback address, and this seeder does not dial
const DIALLERS = PEER_KINDS.filter((kind) => kind !== 'transmission')

for (const kind of DIALLERS) {
  describePeer(kind, () => {
    test('downloads everything', () => downloadAll([kind], torrent))
  })
}

describePeer(
  'libtorrent',
  () => {
    describe.each(['v2', 'hybrid'] as const)('%s', (version) => {
      test('downloads everything', async () => {
        const made = await makeTorrent({ files: FILES, version, pieceLength: 65_536 })
        try {
          await downloadAll(['libtorrent'], made)
        } finally {
          await made.remove()
        }
      })
    })
  },
  'libtorrent with other versions',
)
