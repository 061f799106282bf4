import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type RunningPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'

const torrent = await makeTorrent({ length: 5 * 262144 + 4321 })

afterAll(() => torrent.remove())

for (const kind of PEER_KINDS) {
  describePeer([kind, 'libtorrent'], () => {
    test('downloads everything from a libtorrent seeder', async () => {
      const folder = await makeEmptyFolder()
      const peers: RunningPeer[] = []
      const start = async (...args: Parameters<typeof startPeer>) => {
        const peer = await startPeer(...args)
        peers.push(peer)
        return peer
      }
      const seed = { torrent: torrent.torrentBytes, dataFolder: torrent.dataFolder }
      const download = { torrent: torrent.torrentBytes, dataFolder: folder.path, role: 'download' } as const
      try {
        if (kind === 'transmission') {
          // it never dials a loopback address, so the seeder dials
          const downloader = await start(kind, download)
          await start('libtorrent', { ...seed, connectTo: downloader })
          await downloader.completed()
        } else {
          const seeder = await start('libtorrent', seed)
          const downloader = await start(kind, { ...download, connectTo: seeder })
          await downloader.completed()
        }
        const content = await readFile(join(folder.path, torrent.name))
        expect(content.equals(torrent.content)).toBe(true)
      } finally {
        await Promise.all(peers.map((peer) => peer.stop()))
        await folder.remove()
      }
    })
  })
}

describePeer(
  'libtorrent',
  () => {
    describe.each(['v1', 'v2', 'hybrid'] as const)('%s torrent', (version) => {
      test.each([
        { layout: 'single file', options: { length: 300_000 } },
        {
          layout: 'folder',
          options: {
            files: [
              { path: 'a/first', length: 100_000 },
              { path: 'b', length: 1 },
              { path: 'c', length: 40_000 },
            ],
          },
        },
      ])('$layout is seeded', async ({ options }) => {
        const made = await makeTorrent({ ...options, version, pieceLength: 32768 })
        const peer = await startPeer('libtorrent', { torrent: made.torrentPath, dataFolder: made.dataFolder })
        try {
          expect(peer.log()).toContain(`@complete ${made.pieceCount}`)
          expect(made.infoHashV1 === undefined).toBe(version === 'v2')
          expect(made.infoHashV2 === undefined).toBe(version === 'v1')
        } finally {
          await peer.stop()
          await made.remove()
        }
      })
    })
  },
  'libtorrent as the reference for torrents',
)
