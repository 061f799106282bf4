import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PeerError } from '../../../src/base/errors.ts'
import { systemClock } from '../../../src/net/clock.ts'
import { dialPeer } from '../../../src/net/dial.ts'
import { openDiskStore } from '../../../src/net/files/disk-store.ts'
import { systemResolve } from '../../../src/net/resolve.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import { listenUtp } from '../../../src/net/utp/utp.ts'
import type { ServeReport } from '../../../src/report/model/serve.ts'
import type { ServeOptions } from '../../../src/run/serve/options.ts'
import { serve } from '../verdicts/serve.ts'
import { decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import { startPeer, type PeerKind, type PeerOptions, type RunningPeer } from '../../peers/peer.ts'
import { makeEmptyFolder, type TestTorrent } from '../../peers/torrents.ts'

/** How clients download, and how we serve them. */
export interface StrictDownload {
  readonly client?: Pick<PeerOptions, 'encryption' | 'transport'>
  readonly serve?: Pick<ServeOptions, 'encryption' | 'transport'>
  /** Whether we dial the clients instead of the reverse. Default false. */
  readonly isDialled?: boolean
  /** Where the seeder listens. Default 127.0.0.1. */
  readonly address?: string
}

/** While it downloads, aria2 repeats its bitfield instead of sending haves, which violates BEP 3 and BEP 6. */
const ARIA2_REPEATS: ReadonlySet<string> = new Set(['availability-repeated'])

/**
 * Lets these clients download from one `serve --strict` at the same time, compares what they wrote, and expects no
 * violations.
 */
export async function downloadAll(
  kinds: readonly PeerKind[],
  made: TestTorrent,
  how: StrictDownload = {},
): Promise<ServeReport> {
  const folders = await Promise.all(kinds.map(() => makeEmptyFolder()))
  const peers: RunningPeer[] = []
  const seeders: StrictSeeder[] = []
  let report: ServeReport | undefined
  try {
    if (how.isDialled !== true) seeders.push(await startStrictSeeder(made, how, []))
    const [connectTo] = seeders
    await Promise.all(
      folders.map(async ({ path: dataFolder }, i) => {
        const common = { torrent: made.torrentBytes, dataFolder, role: 'download' } as const
        const dials = connectTo === undefined ? {} : { connectTo }
        peers.push(await startPeer(kinds[i] as PeerKind, { ...common, ...dials, ...how.client }))
      }),
    )
    if (how.isDialled === true) seeders.push(await startStrictSeeder(made, how, peers))
    await Promise.all(peers.map((peer) => peer.completed()))
    for (const { path } of folders) await expectSameFiles(made, path)
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
    for (const seeder of seeders) report = await seeder.stop()
    await Promise.all(folders.map((folder) => folder.remove()))
  }
  if (report === undefined) throw new Error('nothing was served')
  expectNoAccusation(report)
  expect(report.uploaded).toBeGreaterThanOrEqual(kinds.length * made.content.length)
  return report
}

/** The distinct kinds of connections, in the order in which they ended. */
export function connectionsOf({ peers }: ServeReport): readonly string[] {
  return [...new Set(peers.map(({ transport, encryption }) => `${transport} ${encryption}`))]
}

interface StrictSeeder {
  readonly host: string
  readonly port: number
  readonly stop: () => Promise<ServeReport>
}

async function startStrictSeeder(
  { torrentBytes, dataFolder }: TestTorrent,
  { address: host = '127.0.0.1', serve: how }: StrictDownload,
  peers: readonly Pick<RunningPeer, 'host' | 'port'>[],
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
      connect: peers.map((peer) => ({
        input: `${peer.host}:${peer.port}`,
        host: peer.host,
        port: peer.port,
      })),
      ...how,
      listen: { address: host, port: 0, family: 4 },
      once: false,
      strict: true,
      faults: [],
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onEvent: (events) => {
        if (events.type === 'listening') port(Number(events.address.split(':')[1]))
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
    host,
    port: await listens,
    stop: () => {
      abort.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
      return report
    },
  }
}

/** A strict seeder must not accuse a widely used client of anything that it does not do. */
function expectNoAccusation({ peers }: ServeReport): void {
  const accused = peers.flatMap(({ client, violations }) =>
    violations.map(({ id, detail }) => ({ client: client ?? '', id, detail })),
  )
  expect(
    accused.filter(({ client, id }) => !(client.startsWith('aria2') && ARIA2_REPEATS.has(id))),
  ).toStrictEqual([])
}

async function expectSameFiles(made: TestTorrent, folder: string): Promise<void> {
  for (const { path } of made.files) {
    const isSingle = made.files.length === 1 && path === made.name
    const name = isSingle ? path : join(made.name, path)
    const [got, wanted] = await Promise.all(
      [folder, made.dataFolder].map((root) => readFile(join(root, name))),
    )
    expect(got?.equals(wanted ?? Buffer.alloc(0))).toBe(true)
  }
}
