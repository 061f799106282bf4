import { afterAll, describe, expect, test } from 'vitest'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { connectionsOf, downloadAll } from '../support/peers/strict-download.ts'

const FILES = [
  { path: 'a/first', length: 400_000 },
  { path: 'b', length: 1 },
  { path: 'c/d/last', length: 3 * 262_144 + 4321 },
]
const torrent = await makeTorrent({ files: FILES })

afterAll(() => torrent.remove())

for (const kind of PEER_KINDS) {
  // Transmission never dials a loopback address; see transmission-dials.test.ts
  if (kind === 'transmission') continue
  describePeer(kind, () => {
    test('downloads everything', () => downloadAll([kind], torrent))
  })
}

const ONE_WAY = [
  { kind: 'libtorrent', client: { encryption: 'off' }, connection: 'tcp plaintext' },
  { kind: 'libtorrent', client: { encryption: 'rc4-only' }, connection: 'tcp rc4' },
  { kind: 'libtorrent', client: { encryption: 'plaintext-in-mse-only' }, connection: 'tcp mse-plaintext' },
  { kind: 'libtorrent', client: { encryption: 'off', transport: 'utp' }, connection: 'utp plaintext' },
  { kind: 'libtorrent', client: { encryption: 'rc4-only', transport: 'utp' }, connection: 'utp rc4' },
  { kind: 'qbittorrent', client: { encryption: 'require' }, connection: 'tcp rc4' },
  { kind: 'qbittorrent', client: { encryption: 'require', transport: 'utp' }, connection: 'utp rc4' },
  { kind: 'aria2', client: { encryption: 'rc4-only' }, connection: 'tcp rc4' },
] as const

for (const kind of ['libtorrent', 'qbittorrent', 'aria2'] as const) {
  describePeer(kind, () => {
    test.each(ONE_WAY.filter((row) => row.kind === kind))(
      'downloads everything over $connection alone',
      async ({ client, connection }) => {
        expect(connectionsOf(await downloadAll([kind], torrent, { client }))).toStrictEqual([connection])
      },
    )
  })
}

/** It cannot do without TCP, but which transport is dialled is our choice. */
const DIALLED = [
  { client: {}, serve: {}, connections: ['tcp plaintext'] },
  { client: { encryption: 'require' }, serve: { encryption: 'require' }, connections: ['tcp rc4'] },
  { client: { encryption: 'require' }, serve: {}, connections: ['tcp plaintext', 'tcp rc4'] },
  { client: { transport: 'both' }, serve: { transport: 'utp' }, connections: ['utp plaintext'] },
  {
    client: { encryption: 'require', transport: 'both' },
    serve: { encryption: 'require', transport: 'utp' },
    connections: ['utp rc4'],
  },
] as const

describePeer('transmission', () => {
  // all at once, for it waits ten seconds before it is interested
  test.concurrent.each(DIALLED)(
    'is dialled and downloads everything: $connections',
    async ({ connections, ...how }) => {
      const report = await downloadAll(['transmission'], torrent, { ...how, isDialled: true })
      expect(connectionsOf(report)).toStrictEqual(connections)
    },
  )
})

const THREE = ['aria2', 'libtorrent', 'qbittorrent'] as const
describePeer(THREE, () => {
  test('three at a time', () => downloadAll(THREE, torrent))
})

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
