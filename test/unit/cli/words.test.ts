import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { VERSION } from '../../../src/base/version.ts'
import { runPeerwire, unfolded } from '../../support/processes/cli.ts'

/** Command lines that people type, and that can only mean one thing. */

const HASH = '0123456789abcdef0123456789abcdef01234567'
const MAGNET = `magnet:?xt=urn:btih:${HASH}`
const PEER = '127.0.0.1:7102'
const TORRENT = new TextEncoder().encode(
  `d4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:${'p'.repeat(20)}ee`,
)
const FILES = { 'x.torrent': TORRENT, '-': TORRENT }

describe.each([
  [['connect', PEER, HASH]],
  [['connect', HASH, PEER]],
  [['connect', PEER, MAGNET]],
  [['connect', `${MAGNET}&x.pe=${PEER}`]],
  [['connect', '127.0.0.1', '7102', '-i', HASH]],
  [['connect', '127.0.0.1', '7102', HASH]],
  [['connect', ` ${PEER} `, '-i', ` ${HASH} `]],
  [['connect', PEER, '-i', `urn:btih:${HASH}`]],
  [['connect', PEER, '-i', `btih:${HASH}`]],
  [['connect', PEER, `urn:btih:${HASH}`]],
  [['-v', 'connect', PEER, HASH]],
])('%j', (argv) => {
  test('connects to the peer with the hash', async () => {
    const { connect, stderr } = await runPeerwire(argv)
    expect(stderr).toBe('')
    expect(connect?.peer).toMatchObject({ host: '127.0.0.1', port: 7102 })
    expect(toHex(connect?.torrent.infoHashes.v1 ?? new Uint8Array())).toBe(HASH)
  })
})

test.each([
  [['connect', PEER, 'x.torrent']],
  [['connect', 'x.torrent', '127.0.0.1', '7102']],
  [['connect', PEER, '-t', '-']],
])('%j reads the file', async (argv) => {
  const { connect } = await runPeerwire(argv, { files: FILES })
  expect(connect?.torrent.name).toBe('x')
})

test.each(['::1', '[::1]'])('%s and a port are two words', async (host) => {
  const { connect } = await runPeerwire(['connect', host, '7102', HASH])
  expect(connect?.peer).toStrictEqual({ input: '[::1]:7102', host: '::1', port: 7102 })
})

test.each(['fetch', 'fetch-block', 'metadata'])('%s takes the same words', async (name) => {
  const run = await runPeerwire([
    name,
    PEER,
    HASH,
    '-o',
    'out',
    ...(name === 'fetch-block' ? ['--piece', '0'] : []),
  ])
  expect((run.fetch ?? run.fetchBlock ?? run.metadata)?.peer.port).toBe(7102)
})

test.each([[['connect', '-V']], [['connect', '--version']], [['version']], [['serve', '-V']]])(
  '%j prints the version',
  async (argv) => {
    expect(await runPeerwire(argv)).toMatchObject({ exitCode: 0, stdout: `${VERSION}\n`, stderr: '' })
  },
)

test.each([[['connect', 'help']], [['help', 'connect']]])('%j prints the help', async (argv) => {
  const { exitCode, stdout } = await runPeerwire(argv)
  expect(exitCode).toBe(0)
  expect(stdout).toContain('Usage: peerwire connect PEER [TORRENT] [options]')
})

test('--no-color is --color never, on a terminal too', async () => {
  const world = { isTty: true, variables: { TERM: 'xterm' } }
  const plain = await runPeerwire(['connect', PEER, HASH, '--no-color'], world)
  expect(plain).toMatchObject({ exitCode: 0, stderr: '' })
  expect(plain.stdout).not.toContain('\u001b')
  expect((await runPeerwire(['connect', PEER, HASH], world)).stdout).toContain('\u001b')
})

test('flags of every command may come before it', async () => {
  const { exitCode, stdout } = await runPeerwire(['--json', 'connect', PEER, HASH])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ schema: 'peerwire.connect/1' })
})

test.each([
  [['explain', 'exit', '4'], '4'],
  [['explain', 'message', '20'], 'extended'],
  [['explain', '0x14'], 'extended'],
  [['explain', 'bit', '20'], 'extension-protocol'],
])('%j explains %s', async (argv, id) => {
  const { stdout } = await runPeerwire([...argv, '--json'])
  const { topics } = JSON.parse(stdout) as { topics: { id: string }[] }
  expect(topics.map((topic) => topic.id)).toContain(id)
})

test.each([
  [
    ['serve', '--synthetic', '1M'],
    '"1M" could be a multiple of 1000 or of 1024',
    'use 1MiB, which is 1048576 bytes',
  ],
  [
    ['serve', '--listen', '6881', '--synthetic', '1MiB'],
    '"6881" is not an address to listen on',
    'use 127.0.0.1:6881',
  ],
  [['serve', '--listen', ':6881', '--synthetic', '1MiB'], '":6881" is not an address', 'use 127.0.0.1:6881'],
  [['serve', '--port', '6881'], 'unknown option --port', 'use --listen 127.0.0.1:PORT'],
  [['serve', '--fault', '--synthetic', '1MiB'], '--fault lacks its value', 'the flag --synthetic follows'],
  [['serve', '--fault', 'corupt', '--synthetic', '1MiB'], 'unknown fault "corupt"', 'did you mean corrupt?'],
  [['serve', 'x.torrent', '.'], 'too many arguments', 'use -t FILE.torrent --data FOLDER'],
])('%j: %s, %s', async (argv, problem, hint) => {
  const { exitCode, stderr } = await runPeerwire(argv)
  expect(exitCode).toBe(2)
  expect(unfolded(stderr)).toContain(problem)
  expect(unfolded(stderr)).toContain(hint)
})

test('a link given to -t is not repeated: it may hold a passkey', async () => {
  const { stderr } = await runPeerwire(['connect', PEER, '-t', `${MAGNET}&tr=http://t/passkey`])
  expect(stderr).not.toContain('passkey')
})
