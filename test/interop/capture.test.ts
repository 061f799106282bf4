import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DecodeReport } from '../../src/report/model/decode.ts'
import type { FetchCommandReport } from '../../src/report/model/fetch.ts'
import type { SessionReport } from '../../src/report/model/session.ts'
import { MessageId, type MessageName } from '../../src/wire/message/id.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind, type PeerOptions } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { complaints, countMessages, describeTshark, frameComments } from '../peers/tshark.ts'
import { buildCli, endOf, type EndedProcess } from '../support/processes/cli-process.ts'
import { leaks } from '../support/wire/forms-of.ts'
import { readCapture } from '../support/captures/capture-files.ts'

/** What `--capture` writes, as tshark reads it: the same messages as in our report, and nothing to complain about. */

/** Of 1024 blocks, some have their heads at the ends of the chunks that come. */
const torrent = await makeTorrent({ length: 64 * 262_144 + 4321 })
const cli = await buildCli()

afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

type Counts = Readonly<Record<string, number>>

/** Counts by id, as tshark has them; it does not count keep-alives. */
function byId(counts: Readonly<Record<string, number>>): Counts {
  const known = Object.entries(counts).filter(([name]) => name !== 'keep-alive')
  return Object.fromEntries(known.map(([name, count]) => [String(MessageId[name as MessageName]), count]))
}

interface Captured {
  readonly file: string
  readonly sent: Counts
  readonly received: Counts
  readonly session: FetchCommandReport['session']
}

let captures = 0

/** Fetches everything from a peer, and compares its capture with its report. */
async function fetchCaptured(port: number, ...flags: readonly string[]): Promise<Captured> {
  const file = join(cli.folder, `${captures++}.pcapng`)
  const argv = ['fetch', `127.0.0.1:${port}`, '-t', torrent.torrentPath, '-o', `${file}.d`, '--json']
  const run = await cli.run([...argv, '--capture', file, ...flags])
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const { messages, session } = JSON.parse(run.stdout.toString()) as FetchCommandReport
  // our own reader first
  const decoded = await cli.run(['decode', file, '--json'])
  expect(decoded).toMatchObject({ code: 0, stderr: '' })
  expect((JSON.parse(decoded.stdout.toString()) as DecodeReport).report?.messages).toStrictEqual(messages)
  expect(await complaints(file, port)).toStrictEqual([])
  const sent = byId(messages.sent)
  const received = byId(messages.received)
  expect(received['7']).toBeGreaterThan(100)
  expect(await countMessages(file, port)).toStrictEqual({ to: sent, from: received })
  // the same written again, redacted
  const clean = `${file}.clean.pcapng`
  expect(await cli.run(['decode', file, '--redact', '--capture', clean, '-q'])).toMatchObject({ code: 0 })
  expect(await complaints(clean, port)).toStrictEqual([])
  expect(await countMessages(clean, port)).toStrictEqual({ to: sent, from: received })
  expect(leaks(readFileSync(clean), [torrent.handshakeInfoHash])).toStrictEqual([])
  return { file, sent, received, session }
}

function sum(...all: readonly Counts[]): Counts {
  const total: Record<string, number> = {}
  for (const counts of all)
    for (const [id, count] of Object.entries(counts)) total[id] = (total[id] ?? 0) + count
  return total
}

const remarkedIn = (file: string) => readFileSync(file, 'latin1').match(/what follows was[^;]*/g) ?? []

describeTshark('tshark on captures of our own seeder', () => {
  let server: ChildProcessWithoutNullStreams
  let ended: Promise<EndedProcess>
  let port: number
  const file = join(cli.folder, 'serve.pcapng')
  const clients: Captured[] = []

  beforeAll(async () => {
    const data = join(torrent.dataFolder, torrent.name)
    const argv = ['-t', torrent.torrentPath, '--data', data, '--encryption', 'prefer', '--capture', file]
    server = cli.start(['serve', '--listen', '127.0.0.1:0', ...argv])
    ended = endOf(server)
    const [first] = (await once(server.stdout, 'data')) as [Buffer]
    port = Number(/127\.0\.0\.1:(\d+)/.exec(first.toString())?.[1])
  })

  test.each([
    ['TCP', ['--encryption', 'off'], { transport: 'tcp', encryption: 'plaintext' }],
    ['RC4', ['--encryption', 'require'], { transport: 'tcp', encryption: 'rc4' }],
    ['uTP', ['--encryption', 'off', '--transport', 'utp'], { transport: 'utp', encryption: 'plaintext' }],
    [
      'RC4 over uTP',
      ['--encryption', 'require', '--transport', 'utp'],
      { transport: 'utp', encryption: 'rc4' },
    ],
  ] as const)('%s', async (_, flags, session) => {
    const captured = await fetchCaptured(port, ...flags)
    expect(captured.session).toMatchObject(session)
    const isEncrypted = session.encryption === 'rc4'
    expect(remarkedIn(captured.file)).toStrictEqual(
      isEncrypted ? ['what follows was encrypted with RC4 on the wire'] : [],
    )
    clients.push(captured)
  })

  test('the capture of the seeder has all of its peers', async () => {
    server.kill('SIGTERM')
    await ended
    expect(await complaints(file, port)).toStrictEqual([])
    const to = sum(...clients.map(({ sent }) => sent))
    const from = sum(...clients.map(({ received }) => received))
    expect(await countMessages(file, port)).toStrictEqual({ to, from })
    expect(remarkedIn(file)).toHaveLength(2)
    const times = readCapture([readFileSync(file)]).map(({ at }) => at ?? 0)
    expect(times).toStrictEqual(times.toSorted((a, b) => a - b))
  })
})

describeTshark('tshark shows the findings as comments', () => {
  test('on both sides', async () => {
    const file = (name: string) => join(cli.folder, `${name}.pcapng`)
    const made = join(cli.folder, 'made.torrent')
    const faults = ['--fault', 'spare-bits', '--fault', 'have-out-of-range', '--torrent-out', made]
    const argv = ['--synthetic', '1MiB', '--once', '--capture', file('server'), ...faults]
    const server = cli.start(['serve', '--listen', '127.0.0.1:0', ...argv])
    const ended = endOf(server)
    const [first] = (await once(server.stdout, 'data')) as [Buffer]
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(first.toString())?.[1])
    const client = await cli.run([
      ...['connect', `127.0.0.1:${port}`, '-t', made, '--json', '--capture', file('client')],
    ])
    await ended
    const { findings } = JSON.parse(client.stdout.toString()) as SessionReport
    const comments = await frameComments(file('client'), port)
    for (const { id, title } of findings) {
      const known = comments.filter((comment) => comment.includes(title) && comment.includes(`[${id}, `))
      expect(known).toHaveLength(1)
    }
    expect(findings.map(({ id }) => id)).toContain('have-out-of-range')
    // we did nothing wrong
    expect(await frameComments(file('server'), port)).toStrictEqual([])
    expect(await complaints(file('client'), port)).toStrictEqual([])
  })
})

const WAYS: readonly (readonly [
  PeerKind,
  Pick<PeerOptions, 'transport' | 'encryption'>,
  readonly string[],
])[] = [
  ...PEER_KINDS.map((kind) => [kind, {}, ['--encryption', 'off']] as const),
  ['libtorrent', { encryption: 'rc4-only' }, ['--encryption', 'require']],
  ['libtorrent', { transport: 'utp' }, ['--transport', 'utp']],
  ['qbittorrent', { encryption: 'require' }, ['--encryption', 'require']],
]

describeTshark('tshark on captures of real clients', () => {
  for (const [kind, options, flags] of WAYS) {
    describePeer(kind, () => {
      test(`fetch ${flags.join(' ')}`, async () => {
        const seed = { torrent: torrent.torrentBytes, dataFolder: torrent.dataFolder, ...options }
        const peer = await startPeer(kind, seed)
        try {
          await fetchCaptured(peer.port, ...flags)
        } finally {
          await peer.stop()
        }
      })
    })
  }
})
