import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { PeerError } from '../../src/base/errors.ts'
import { systemClock } from '../../src/net/clock.ts'
import { openDiskStore } from '../../src/net/disk-store.ts'
import { dialPeer } from '../../src/net/dial.ts'
import { systemResolve } from '../../src/net/resolve.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import { listenUtp } from '../../src/net/utp.ts'
import type { ServeReport } from '../../src/report/model.ts'
import { serve } from '../../src/run/serve.ts'
import type { ServeOptions } from '../../src/run/serve-options.ts'
import { decodeMetainfo } from '../../src/wire/metainfo.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind, type PeerOptions, type RunningPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent, type TestTorrent } from '../peers/torrents.ts'

const FILES = [
  { path: 'a/first', length: 400_000 },
  { path: 'b', length: 1 },
  { path: 'c/d/last', length: 3 * 262_144 + 4321 },
]
const torrent = await makeTorrent({ files: FILES })

afterAll(() => torrent.remove())

interface StrictSeeder {
  readonly port: number
  readonly stop: () => Promise<ServeReport>
}

/** `serve --strict` on a free port. */
async function seed(
  { torrentBytes, dataFolder }: TestTorrent,
  how: Pick<ServeOptions, 'connect' | 'encryption' | 'transport'> = {},
): Promise<StrictSeeder> {
  const abort = new AbortController()
  let port: (port: number) => void = () => {}
  const listens = new Promise<number>((resolve) => {
    port = resolve
  })
  const report = serve(
    {
      source: { type: 'files', metainfo: decodeMetainfo(torrentBytes), dataPath: dataFolder },
      have: undefined,
      ...how,
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      once: false,
      strict: true,
      faults: [],
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onNews: (news) => {
        if (news.type === 'listening') port(Number(news.address.split(':')[1]))
      },
    },
    {
      listen: { tcp: listenTcp, utp: listenUtp },
      dial: dialPeer,
      resolve: systemResolve,
      clock: systemClock,
      random: (length) => randomBytes(length),
      openStore: openDiskStore,
      writeTorrent: () => Promise.resolve(),
      signal: abort.signal,
    },
  )
  return {
    port: await listens,
    stop: () => {
      abort.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
      return report
    },
  }
}

/** While it downloads, aria2 sends its bitfield again and again in place of haves, against BEP 3 and BEP 6. */
const ARIA2_REPEATS: ReadonlySet<string> = new Set(['availability-repeated'])

/** Lets these clients download from one seeder at the same time, and compares what they wrote. */
async function downloadAll(
  kinds: readonly PeerKind[],
  made: TestTorrent,
  how: Partial<PeerOptions> = {},
): Promise<ServeReport> {
  const seeder = await seed(made)
  const connectTo = { host: '127.0.0.1', port: seeder.port }
  const folders = await Promise.all(kinds.map(() => makeEmptyFolder()))
  const peers: RunningPeer[] = []
  let report: ServeReport | undefined
  try {
    await Promise.all(
      kinds.map(async (kind, i) => {
        const dataFolder = folders[i]?.path ?? ''
        const peer = await startPeer(kind, {
          torrent: made.torrentBytes,
          dataFolder,
          role: 'download',
          connectTo,
          ...how,
        })
        peers.push(peer)
        await peer.completed()
        for (const file of made.files) await expectSameFile(made, dataFolder, file.path)
      }),
    )
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
    report = await seeder.stop()
    await Promise.all(folders.map((folder) => folder.remove()))
  }
  // a strict seeder accuses no client that people use of more than it does
  const accused = report.peers.flatMap(({ client, deviations }) =>
    deviations.map(({ id, detail }) => ({ client: client ?? '', id, detail })),
  )
  expect(
    accused.filter(({ client, id }) => !(client.startsWith('aria2') && ARIA2_REPEATS.has(id))),
  ).toStrictEqual([])
  expect(report.uploaded).toBeGreaterThanOrEqual(kinds.length * made.content.length)
  return report
}

async function expectSameFile(made: TestTorrent, folder: string, path: string): Promise<void> {
  const isSingle = made.files.length === 1 && path === made.name
  const name = isSingle ? path : join(made.name, path)
  const [got, wanted] = await Promise.all([folder, made.dataFolder].map((root) => readFile(join(root, name))))
  expect(got?.equals(wanted ?? Buffer.alloc(0))).toBe(true)
}

// Transmission never dials a loopback address
const DIALLERS = PEER_KINDS.filter((kind) => kind !== 'transmission')

for (const kind of DIALLERS) {
  describePeer(kind, () => {
    test('downloads everything', () => downloadAll([kind], torrent))
  })
}

describePeer(
  'libtorrent',
  () => {
    test.each([
      { how: { encryption: 'rc4-only' }, connection: 'tcp rc4' },
      { how: { encryption: 'off', transport: 'utp' }, connection: 'utp plaintext' },
      { how: { encryption: 'rc4-only', transport: 'utp' }, connection: 'utp rc4' },
    ] as const)('downloads everything over $connection alone', async ({ how, connection }) => {
      const report = await downloadAll(['libtorrent'], torrent, how)
      const served = report.peers.filter(({ uploaded }) => uploaded > 0)
      expect(served.map(({ transport, encryption }) => `${transport} ${encryption}`)).toStrictEqual([
        connection,
      ])
    })
  },
  'libtorrent in other ways',
)

describePeer('transmission', () => {
  // it cannot do without TCP, but which of them is dialled is our choice; at the same time, for it waits ten seconds
  // before it is interested
  test.concurrent.each([
    { takes: {}, dial: {}, connections: ['tcp plaintext'] },
    { takes: { encryption: 'require' }, dial: { encryption: 'require' }, connections: ['tcp rc4'] },
    { takes: { encryption: 'require' }, dial: {}, connections: ['tcp plaintext', 'tcp rc4'] },
    { takes: { transport: 'both' }, dial: { transport: 'utp' }, connections: ['utp plaintext'] },
    {
      takes: { encryption: 'require', transport: 'both' },
      dial: { encryption: 'require', transport: 'utp' },
      connections: ['utp rc4'],
    },
  ] as const)('is dialled and downloads everything: $connections', async ({ takes, dial, connections }) => {
    const folder = await makeEmptyFolder()
    const peer = await startPeer('transmission', {
      torrent: torrent.torrentBytes,
      dataFolder: folder.path,
      role: 'download',
      ...takes,
    })
    const { host, port } = peer
    const seeder = await seed(torrent, { connect: [{ input: `${host}:${port}`, host, port }], ...dial })
    try {
      await peer.completed()
      for (const { path } of torrent.files) await expectSameFile(torrent, folder.path, path)
    } finally {
      await peer.stop()
      const { peers, deviations, uploaded } = await seeder.stop()
      await folder.remove()
      expect(peers.map(({ transport, encryption }) => `${transport} ${encryption}`)).toStrictEqual(
        connections,
      )
      expect(peers.flatMap((served) => served.deviations)).toStrictEqual([])
      expect(deviations).toBe(0)
      expect(uploaded).toBeGreaterThanOrEqual(torrent.content.length)
    }
  })
})

describePeer('aria2', () => {
  describePeer('libtorrent', () => {
    describePeer('qbittorrent', () => {
      test('three at a time', () => downloadAll(['aria2', 'libtorrent', 'qbittorrent'], torrent))
    })
  })
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
