import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseIpAddress } from '../../src/wire/address.ts'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind, type RunningPeer } from '../peers/peer.ts'
import { makeTorrent, type TestTorrent } from '../peers/torrents.ts'
import { complaints, countMessages, describeTshark } from '../peers/tshark.ts'
import { buildCli, endOf, type EndedProcess } from '../support/processes/cli-process.ts'
import { leaks } from '../support/wire/forms-of.ts'
import { schemaErrors } from '../support/reports/schema.ts'
import { readTrace } from '../support/captures/trace-file.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'

/** Everything that a redacted run writes, searched for everything that it is about, in every form. */

const cli = await buildCli()
const NAME = 'Ünsere Hochzeit 2019'
const FILES = [
  { path: 'Braut & Bräutigam.mkv', length: 5 * 16_384 + 77 },
  { path: 'Gästeliste.pdf', length: 3 * 16_384 + 1 },
] as const
const SOURCE = '127.44.55.66'
const TAIL = 'q7Zk2mVx9LbT'
const LABEL = 'Passw0rt-Geheim'
const PASSKEY = '9f8e7d6c5b4a39281706f5e4d3c2b1a0'

const torrent = await makeTorrent({ name: NAME, files: FILES, pieceLength: 16_384 })
afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

/** What must not be in any output. Addresses are also looked for as bytes. */
function originalsOf(torrent: TestTorrent, host: string): readonly (string | Uint8Array)[] {
  const { infoHashV1, infoHashV2, handshakeInfoHash } = torrent
  const hashes = [infoHashV1, infoHashV2, handshakeInfoHash].filter((hash) => hash !== undefined)
  const addresses = [host, SOURCE]
    .map((address) => parseIpAddress(address))
    .filter((bytes) => bytes !== undefined)
  return [
    ...[
      NAME,
      ...FILES.map(({ path }) => path),
      host,
      SOURCE,
      TAIL,
      LABEL,
      PASSKEY,
      basename(dirname(torrent.torrentPath)),
    ],
    ...hashes,
    ...addresses,
  ]
}

interface RedactedRun {
  readonly run: EndedProcess
  /** Every output, by its name. */
  readonly outputs: ReadonlyMap<string, Uint8Array>
  readonly folder: string
}

/** Runs a command with every output that it has. */
async function runRedacted(argv: readonly string[], report = 'json'): Promise<RedactedRun> {
  const folder = await mkdtemp(join(cli.folder, 'redacted-'))
  const files = {
    '--trace-file': 'trace.ndjson',
    '--capture': 'session.pcapng',
    '--report': `report.${report}`,
  }
  const flags = Object.entries(files).flatMap(([flag, name]) => [flag, join(folder, name)])
  const run = await cli.run([...argv, ...flags, '--trace', '--redact'])
  const written = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const outputs = new Map<string, Uint8Array>([
    ['stdout', run.stdout],
    ['stderr', Buffer.from(run.stderr)],
    ...written.map(({ name }) => [name, readFileSync(join(folder, name))] as const),
  ])
  return { run, outputs, folder }
}

function expectNoLeak(
  { outputs }: Pick<RedactedRun, 'outputs'>,
  originals: readonly (string | Uint8Array)[],
): void {
  for (const [name, output] of outputs) expect.soft(leaks(output, originals), name).toStrictEqual([])
}

const REPORTS = ['html', 'txt', 'json'] as const

/** How each command is asked, and which document it prints. */
const COMMANDS: readonly (readonly [
  name: string,
  own: (folder: string) => readonly string[],
  usesTorrent: boolean,
])[] = [
  ['connect', () => ['--interested'], true],
  ['fetch-block', (folder) => ['--piece', '1', '-o', join(folder, LABEL), '--force', '--verify'], true],
  ['fetch', (folder) => ['-o', join(folder, `${LABEL}-folder`)], true],
  ['metadata', (folder) => ['-o', join(folder, `${LABEL}.torrent`), '--force'], true],
  ['why', () => [], true],
  ['reach', () => [], false],
]

const MAGNET = (hash: Uint8Array) =>
  `magnet:?xt=urn:btih:${Buffer.from(hash).toString('hex')}&dn=${encodeURIComponent(NAME)}&tr=${encodeURIComponent(
    `https://tracker.geheim.example/${PASSKEY}/announce`,
  )}`

interface AskedPeer {
  readonly host: string
  readonly port: number
  readonly takesAnother: () => Promise<void>
}

/** Adds a test for each command. @param peerOf is called when the tests run */
function testEveryCommand(peerOf: () => AskedPeer): void {
  let originals: readonly (string | Uint8Array)[] = []
  beforeAll(async () => {
    const peer = peerOf()
    await peer.takesAnother()
    originals = [...originalsOf(torrent, peer.host), await idTailOf(peer)]
  })

  test.each(COMMANDS.map((command, i) => [...command, i] as const))(
    '%s',
    async (name, own, usesTorrent, i) => {
      const peer = peerOf()
      await peer.takesAnother()
      const target = usesTorrent ? ['-t', torrent.torrentPath] : []
      const session = name === 'why' || name === 'reach' ? [] : ['--peer-id', `-XX0000-${TAIL}`]
      const argv = [
        name,
        `${peer.host}:${peer.port}`,
        ...target,
        '--source',
        SOURCE,
        ...session,
        ...own(cli.folder),
      ]
      const redacted = await runRedacted([...argv, '--json'], REPORTS[i % REPORTS.length])
      expect.soft(redacted.run.code, redacted.run.stderr).toBe(0)
      expectNoLeak(redacted, originals)
      const document = JSON.parse(redacted.run.stdout.toString()) as ConnectReport
      expect.soft(schemaErrors(name, document)).toBeNull()
      expect.soft(document.redacted).toContain('addresses')
      expect.soft(redacted.run.stderr).toContain('peerwire: redacted: ')
      const trace = readTrace(Buffer.from(redacted.outputs.get('trace.ndjson') ?? []).toString())
      if (name === 'connect' || name === 'fetch')
        expect
          .soft(diagnose(trace).map(({ id, severity }) => ({ id, severity })))
          .toStrictEqual(document.findings.map(({ id, severity }) => ({ id, severity })))
    },
  )
}

/** The random part of the id that a peer shows, as it is. */
async function idTailOf(peer: { readonly host: string; readonly port: number }): Promise<Uint8Array> {
  const argv = ['connect', `${peer.host}:${peer.port}`, '-t', torrent.torrentPath, '--json']
  const { stdout } = await cli.run(argv)
  const { handshake } = JSON.parse(stdout.toString()) as ConnectReport
  return Buffer.from(handshake?.peerId.hex.slice(16) ?? '', 'hex')
}

test('the search finds what is not redacted', async () => {
  const data = join(torrent.dataFolder, torrent.name)
  const argv = ['-t', torrent.torrentPath, '--data', data, '--listen', '127.9.8.5:0', '--once']
  const server = cli.start(['serve', ...argv])
  const ended = endOf(server)
  const [first] = (await once(server.stdout, 'data')) as [Buffer]
  const port = /:(\d+)/.exec(first.toString())?.[1] ?? ''
  const capture = join(cli.folder, 'plain.pcapng')
  const target = [`127.9.8.5:${port}`, '-t', torrent.torrentPath, '--source', SOURCE]
  const { stdout } = await cli.run([
    'connect',
    ...target,
    '--peer-id',
    `-XX0000-${TAIL}`,
    '--json',
    '--capture',
    capture,
  ])
  await ended
  const found = leaks(Buffer.concat([stdout, readFileSync(capture)]), originalsOf(torrent, '127.9.8.5'))
  for (const one of [NAME, '127.9.8.5', SOURCE, TAIL, Buffer.from(torrent.handshakeInfoHash).toString('hex')])
    expect(found.join('\n')).toContain(`${one} as `)
})

describe('the embedded seeder', () => {
  const host = '127.9.8.7'
  let port: number
  let server: ReturnType<typeof cli.start>
  let ended: Promise<EndedProcess>
  const capture = join(cli.folder, 'serve-capture.pcapng')

  beforeAll(async () => {
    const data = join(torrent.dataFolder, torrent.name)
    const argv = [
      '-t',
      torrent.torrentPath,
      '--data',
      data,
      '--strict',
      '--ndjson',
      '--redact',
      '--capture',
      capture,
    ]
    server = cli.start(['serve', '--listen', `${host}:0`, ...argv])
    ended = endOf(server)
    const [first] = (await once(server.stdout, 'data')) as [Buffer]
    port = Number(/"address":"[\d.]+:(\d+)"/.exec(first.toString())?.[1])
  })

  testEveryCommand(() => ({ host, port, takesAnother: () => Promise.resolve() }))

  test('the seeder', async () => {
    server.kill('SIGTERM')
    const { stdout, stderr } = await ended
    const outputs = new Map([
      ['stdout', stdout],
      ['stderr', Buffer.from(stderr)],
      ['capture', readFileSync(capture)],
    ])
    expectNoLeak({ outputs }, originalsOf(torrent, host))
    const lines = stdout.toString().trim().split('\n')
    for (const line of lines) expect.soft(schemaErrors('serve-event', JSON.parse(line))).toBeNull()
    const remotes = lines.flatMap((line) => line.match(/"remote":"([\d.]+)/)?.[1] ?? [])
    // our own address, and the other of the run that looks at the peer id
    expect(new Set(remotes).size).toBe(2)
  })
})

describe('failures', () => {
  const originals = [
    NAME,
    'seedbox-42.geheim.example',
    'tracker.geheim.example',
    PASSKEY,
    LABEL,
    torrent.handshakeInfoHash,
  ]
  const magnet = MAGNET(torrent.handshakeInfoHash)

  test.each([
    ['a name that is not found', ['connect', 'seedbox-42.geheim.example:6881', '-i', magnet], 3],
    ['a peer without a port', ['connect', 'seedbox-42.geheim.example', '-i', magnet], 2],
    ['a torrent that is not there', ['connect', '127.0.0.1:9', '-t', `/nowhere/${LABEL}/${NAME}.torrent`], 9],
    ['a word too many', ['connect', 'seedbox-42.geheim.example:1', 'seedbox-42.geheim.example:2'], 2],
    ['a flag that is not known', ['connect', 'seedbox-42.geheim.example:1', '--geheim', '-i', magnet], 2],
  ])('%s', async (_, argv, code) => {
    for (const form of [
      ['--json'],
      ['-v'],
      ['-q'],
      ['--format', 'line'],
      ['-w', '%{verdict} %{target.input}\n'],
    ]) {
      const redacted = await runRedacted([...argv, ...form], 'html')
      expect.soft(redacted.run.code).toBe(code)
      expectNoLeak(redacted, originals)
    }
  })
})

test('a file of the torrent that cannot be written', async () => {
  const data = join(torrent.dataFolder, torrent.name)
  const argv = ['-t', torrent.torrentPath, '--data', data, '--listen', '127.9.8.4:0', '--redact']
  const server = cli.start(['serve', ...argv])
  const ended = endOf(server)
  const [first] = (await once(server.stdout, 'data')) as [Buffer]
  const port = /:(\d+)/.exec(first.toString())?.[1] ?? ''
  const output = join(cli.folder, 'in-the-way')
  await mkdir(join(output, NAME, FILES[0].path), { recursive: true })
  for (const target of [
    ['-t', torrent.torrentPath],
    ['-i', Buffer.from(torrent.handshakeInfoHash).toString('hex')],
  ]) {
    const redacted = await runRedacted(['fetch', `127.9.8.4:${port}`, ...target, '-o', output, '-q'])
    expect(redacted.run.code).toBe(9)
    expect(redacted.run.stderr).toContain('name-')
    expectNoLeak(redacted, originalsOf(torrent, '127.9.8.4'))
  }
  server.kill('SIGTERM')
  await ended
})

describe('what people read', () => {
  test.each([
    [['-v']],
    [['--format', 'line']],
    [['-w', '%{target.input} %{torrent.name} %{torrent.infoHashV1}\n']],
  ])('%j', async (form) => {
    const data = join(torrent.dataFolder, torrent.name)
    const server = cli.start([
      'serve',
      '-t',
      torrent.torrentPath,
      '--data',
      data,
      '--listen',
      '127.9.8.6:0',
      '--redact',
    ])
    const ended = endOf(server)
    const [first] = (await once(server.stdout, 'data')) as [Buffer]
    const port = /:(\d+)/.exec(first.toString())?.[1] ?? ''
    const magnet = MAGNET(torrent.handshakeInfoHash)
    const redacted = await runRedacted([
      'connect',
      `127.9.8.6:${port}`,
      '-i',
      magnet,
      '--source',
      SOURCE,
      ...form,
    ])
    expect(redacted.run.code).toBe(0)
    expectNoLeak(redacted, originalsOf(torrent, '127.9.8.6'))
    server.kill('SIGTERM')
    const { stdout, stderr } = await ended
    expectNoLeak(
      { outputs: new Map([['serve', Buffer.concat([stdout, Buffer.from(stderr)])]]) },
      originalsOf(torrent, '127.9.8.6'),
    )
  })
})

const REAL: readonly PeerKind[] = ['transmission', 'libtorrent']

for (const kind of PEER_KINDS.filter((one) => REAL.includes(one))) {
  describePeer(kind, () => {
    let peer: RunningPeer
    beforeAll(async () => {
      peer = await startPeer(kind, { torrent: torrent.torrentBytes, dataFolder: torrent.dataFolder })
    })
    afterAll(() => peer.stop())

    describe('every command', () => testEveryCommand(() => peer))

    describeTshark('tshark', () => {
      test('reads the same messages from a redacted capture', async () => {
        await peer.takesAnother()
        const argv = [
          'fetch',
          `${peer.host}:${peer.port}`,
          '-t',
          torrent.torrentPath,
          '--sample',
          '5',
          '--json',
        ]
        const { run, folder } = await runRedacted([...argv, '--encryption', 'off'])
        expect(run.code).toBe(0)
        const file = join(folder, 'session.pcapng')
        expect(await complaints(file, peer.port)).toStrictEqual([])
        const { received } = (JSON.parse(run.stdout.toString()) as ConnectReport).messages
        const counts = await countMessages(file, peer.port)
        expect(counts.from['7']).toBe(received['piece'])
        expect(counts.from['20']).toBe(received['extended'])
        expect(counts.from['17'] ?? 0).toBe(received['allowed-fast'] ?? 0)
      })
    })
  })
}
