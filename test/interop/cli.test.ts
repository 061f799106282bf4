import { createHash, randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../src/report/model/fetch-block.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer, type PeerKind, type RunningPeer } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { schemaErrors } from '../support/reports/schema.ts'
import { expectReplayOf } from '../support/verdicts/replay.ts'

/** The command, as a process, against real clients with all data: what it must get right about each. */

interface Seed {
  readonly kind: PeerKind
  /** By the peer id. */
  readonly client: string
  readonly features: readonly string[]
  /** Keys of the extension handshake besides `m`, and what `m` announces. */
  readonly keys: readonly string[]
  readonly extensions: Readonly<Record<string, number>>
}

const LIBTORRENT = {
  features: ['dht', 'extension-protocol', 'fast'],
  keys: ['complete_ago', 'metadata_size', 'reqq', 'upload_only', 'v', 'yourip'],
  extensions: { lt_donthave: 7, share_mode: 8, upload_only: 3, ut_holepunch: 4, ut_metadata: 2 },
}

/** Peer exchange is off in all but libtorrent, so that a client under test looks for nobody else. */
const SEEDS: readonly Seed[] = [
  {
    kind: 'libtorrent',
    client: 'libtorrent',
    ...LIBTORRENT,
    extensions: { ...LIBTORRENT.extensions, ut_pex: 1 },
  },
  { kind: 'qbittorrent', client: 'qBittorrent', ...LIBTORRENT },
  {
    kind: 'transmission',
    client: 'Transmission',
    features: ['extension-protocol', 'fast'],
    keys: ['e', 'metadata_size', 'p', 'reqq', 'upload_only', 'v'],
    extensions: { ut_metadata: 3 },
  },
  {
    kind: 'aria2',
    client: 'aria2',
    features: ['extension-protocol', 'fast'],
    keys: ['metadata_size', 'p', 'v'],
    extensions: { ut_metadata: 9 },
  },
  {
    kind: 'webtorrent',
    client: 'WebTorrent',
    features: ['extension-protocol', 'fast'],
    keys: ['metadata_size'],
    extensions: { lt_donthave: 2, ut_metadata: 1 },
  },
]

/** 129 pieces: a bitfield of 17 bytes whose last has one piece and seven spare bits. */
const torrent = await makeTorrent()
const cli = await buildCli()

afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

/** Runs the command, and fails when its trace file does not come to the document that it prints. */
async function replayed<Report extends ConnectReport | FetchBlockReport>(
  name: string,
  argv: readonly string[],
): Promise<Report> {
  const trace = join(cli.folder, `${randomUUID()}.ndjson`)
  const run = await cli.run([...argv, '--json', '--trace-file', trace])
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const document = JSON.parse(run.stdout.toString()) as Report
  expect(schemaErrors(name, document)).toBeNull()
  await expectReplayOf(document, await readFile(trace, 'utf8'))
  return document
}

const range = Buffer.from(torrent.content).subarray(
  3 * torrent.pieceLength + 16_384,
  3 * torrent.pieceLength + 16_384 + 40_000,
)

for (const { kind, client, features, keys, extensions } of SEEDS) {
  describePeer(kind, () => {
    let peer: RunningPeer
    beforeAll(async () => {
      peer = await startPeer(kind, { torrent: torrent.torrentBytes, dataFolder: torrent.dataFolder })
    })
    afterEach(() => peer.takesAnother())
    afterAll(() => peer.stop())

    const argv = (command: string, ...flags: readonly string[]) => [
      command,
      `${peer.host}:${peer.port}`,
      '-t',
      torrent.torrentPath,
      ...flags,
    ]

    async function connect(...flags: readonly string[]): Promise<ConnectReport> {
      const document = await replayed<ConnectReport>('connect', argv('connect', ...flags))
      expect(document).toMatchObject({ ok: true, exitCode: 0, error: null })
      expect(accusations(document)).toStrictEqual([])
      return document
    }

    test('connect tells who it is and all that it claims', async () => {
      const { handshake, extensionHandshake, availability, attempts } = await connect()
      expect(handshake?.peerId.client).toBe(client)
      // as the client says its own version, less a build number or a zero at the end
      expect(peer.version.replace(/^v/, '')).toMatch(new RegExp(`^${handshake?.peerId.version ?? 'none'}\\b`))
      expect(handshake?.infoHash).toBe(Buffer.from(torrent.handshakeInfoHash).toString('hex'))
      expect(handshake?.features.toSorted()).toStrictEqual(features)
      expect(Object.keys(extensionHandshake?.raw ?? {}).toSorted()).toStrictEqual([...keys, 'm'].toSorted())
      expect(extensionHandshake?.extensions).toStrictEqual(extensions)
      expect(extensionHandshake?.metadataSize).toBeGreaterThan(129 * 20)
      expect(availability).toMatchObject({ source: 'have-all', pieceCount: 129, have: 129, percent: 100 })
      expect(availability).toMatchObject({ ranges: '0-128', bitfield: `${'ff'.repeat(16)}80` })
      expect(attempts).toMatchObject([{ outcome: 'ok', phase: 'done', closedBy: 'us', closeKind: 'fin' }])
    })

    test('a bare handshake gets a bitfield whose spare bits are zero', async () => {
      const { extensionHandshake, availability, fast, messages } = await connect(
        '--no-fast',
        '--no-extensions',
      )
      expect(extensionHandshake).toBeNull()
      expect(availability).toMatchObject({
        source: 'bitfield',
        have: 129,
        ranges: '0-128',
        bitfield: `${'ff'.repeat(16)}80`,
      })
      expect(fast?.allowedFast ?? []).toStrictEqual([])
      expect(messages.received).toMatchObject({ bitfield: 1 })
      expect(messages.received).not.toHaveProperty('extended')
    })

    test('it unchokes us once we are interested', async () => {
      const { choking, timing } = await connect('--interested')
      expect(choking).toMatchObject({ amInterested: true, peerChoking: false })
      expect(timing.unchokeMs).not.toBeNull()
    })

    test('fetch-block writes the bytes of the file, and proves them', async () => {
      const output = join(cli.folder, `block-${kind}`)
      const document = await replayed<FetchBlockReport>(
        'fetch-block',
        argv('fetch-block', '--verify', ...BLOCK, '-o', output, '--repeat', '2'),
      )
      expect(accusations(document)).toStrictEqual([])
      expect(document.block).toMatchObject({ piece: 3, bytes: 40_000, verified: 'piece-sha1', sha1 })
      expect(range.equals(await readFile(output))).toBe(true)
      await rm(output)
    })

    test('fetch-block -o - has the block on stdout and the report on stderr', async () => {
      const run = await cli.run(argv('fetch-block', ...BLOCK, '-o', '-'))
      expect(run.code).toBe(0)
      expect(createHash('sha1').update(run.stdout).digest('hex')).toBe(sha1)
      expect(run.stderr).toContain('40000 bytes written to standard output')
    })

    test('a check that fails, in one line or in silence', async () => {
      const check = ['--expect', 'handshake.peerId.client=Vuze']
      const quiet = await cli.run(argv('connect', '-q', ...check))
      expect(quiet).toMatchObject({ code: 1, stdout: Buffer.alloc(0) })
      expect(quiet.stderr).toMatch(/^peerwire: \S+: 1 of 1 expectation not met \(exit 1\)\n$/)
      const silent = await cli.run(argv('connect', '-qq', ...check))
      expect(silent).toMatchObject({ code: 1, stderr: '', stdout: Buffer.alloc(0) })
    })
  })
}

const BLOCK = ['--piece', '3', '--offset', '16384', '--length', '40000']
const sha1 = createHash('sha1').update(range).digest('hex')

/** What it holds against a client that did nothing wrong. */
function accusations({ findings }: ConnectReport | FetchBlockReport): readonly string[] {
  return findings.filter(({ severity }) => severity !== 'info').map(({ id, detail }) => `${id}: ${detail}`)
}
