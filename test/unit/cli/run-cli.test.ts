import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../src/base/bytes.ts'
import { PeerError } from '../../../src/base/errors.ts'
import { VERSION } from '../../../src/base/version.ts'
import { emptyValue } from '../../../src/base/schema/empty.ts'
import { decode } from '../../../src/report/model/decode.ts'
import type { DecodeOptions } from '../../../src/run/decode/options.ts'
import type { ConnectOptions, FetchOptions } from '../../../src/run/options.ts'
import { runPeerwire } from '../../support/processes/cli.ts'
import { connectReport, failedReport, failure, fetchReport } from '../../support/reports/reports.ts'
import { INFO_HASH } from '../../support/captures/trace.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'
const CONNECT = ['connect', '127.0.0.1:6881', '-i', HASH]
const FETCH = ['fetch-block', '127.0.0.1:6881', '-i', HASH, '--piece', '3']

describe('flags become options', () => {
  test('the defaults are those of the contract', async () => {
    const { connect } = await runPeerwire(CONNECT)
    expect(connect).toStrictEqual({
      peer: { input: '127.0.0.1:6881', host: '127.0.0.1', port: 6881 },
      otherPeers: [],
      torrent: {
        infoHashes: { v1: INFO_HASH, v2: undefined },
        name: undefined,
        metainfo: undefined,
        notes: [],
      },
      features: { fast: true, extensions: true, dht: false, v2: false },
      encryption: 'auto',
      transport: 'auto',
      proxy: undefined,
      peerId: undefined,
      family: undefined,
      source: undefined,
      connectTimeoutMs: 5000,
      handshakeTimeoutMs: 10_000,
      unchokeTimeoutMs: 35_000,
      totalTimeoutMs: 60_000,
      trace: undefined,
      traceFile: undefined,
      captureFile: undefined,
      interested: false,
      settleMs: 300,
      waitMs: 5000,
    })
  })

  const HYBRID = `magnet:?xt=urn:btih:${HASH}&xt=urn:btmh:1220${'ab'.repeat(32)}`
  const ROWS = [
    { flags: ['--no-fast'], options: { features: { fast: false, extensions: true, dht: false } } },
    {
      flags: ['--no-extensions', '--dht'],
      options: { features: { fast: true, extensions: false, dht: true } },
    },
    ...(['off', 'prefer', 'require'] as const).map((encryption) => ({
      flags: ['--encryption', encryption],
      options: { encryption },
    })),
    { flags: ['--transport', 'utp'], options: { transport: 'utp' } },
    {
      flags: ['--proxy', 'socks5://user:p%40ss@proxy.example:1080'],
      options: { proxy: { host: 'proxy.example', port: 1080, username: 'user', password: 'p@ss' } },
    },
    { flags: ['--proxy', 'socks5://[::1]:1080'], options: { proxy: { host: '::1', port: 1080 } } },
    { flags: ['-i', HYBRID, '--v2'], options: { features: { v2: true } } },
    { flags: ['--interested', '-4'], options: { interested: true, family: 4 } },
    { flags: ['--settle', '1.5s', '--wait', '2m'], options: { settleMs: 1500, waitMs: 120_000 } },
    { flags: ['--settle', '0', '--wait', '24'], options: { settleMs: 0, waitMs: 24_000 } },
    {
      flags: ['--connect-timeout', '500ms', '--handshake-timeout=7', '--unchoke-timeout', '90s'],
      options: { connectTimeoutMs: 500, handshakeTimeoutMs: 7000, unchokeTimeoutMs: 90_000 },
    },
    { flags: ['--timeout', 'none'], options: { totalTimeoutMs: undefined } },
    { flags: ['--source', '127.0.0.2'], options: { source: '127.0.0.2' } },
    { flags: ['--peer-id', '-XX0000-'], options: { peerId: new TextEncoder().encode('-XX0000-') } },
    { flags: ['--peer-id', 'ab'.repeat(20)], options: { peerId: fromHex('ab'.repeat(20)) } },
  ]
  test.each(ROWS)('$flags', async ({ flags, options }) => {
    expect((await runPeerwire([...CONNECT, ...flags])).connect).toMatchObject(options)
  })

  test('an IPv6 peer loses its brackets', async () => {
    const { connect } = await runPeerwire(['connect', '[2001:db8::1]:6881', '-i', HASH, '-6'])
    expect(connect?.peer).toStrictEqual({ input: '[2001:db8::1]:6881', host: '2001:db8::1', port: 6881 })
  })

  test('a magnet link brings its peer and its name, and no tracker', async () => {
    const link = `magnet:?xt=urn:btih:${HASH}&dn=a+name&tr=http%3A%2F%2Ft%2Fpasskey&x.pe=[::1]:7`
    const { connect } = await runPeerwire(['connect', '-i', link])
    expect(connect?.peer).toStrictEqual({ input: '[::1]:7', host: '::1', port: 7 })
    expect(connect?.torrent.name).toBe('a name')
    expect(JSON.stringify(connect)).not.toContain('passkey')
  })

  test('a block is what was asked for', async () => {
    const { fetchBlock } = await runPeerwire([
      ...FETCH,
      '--offset',
      '16KiB',
      '--length',
      '1MiB',
      '-o',
      'x',
      '--verify',
      '--metadata',
      '--repeat',
      '3',
      '--force',
    ])
    expect(fetchBlock).toMatchObject({
      piece: 3,
      offset: 16_384,
      length: 1_048_576,
      output: 'x',
      verify: true,
      metadata: true,
      repeat: 3,
      force: true,
    })
  })
})

describe('fetch and metadata', () => {
  const PEER = ['127.0.0.1:6881', '-i', HASH]

  test('fetch has no time limit unless one is given', async () => {
    const { fetch } = await runPeerwire(['fetch', ...PEER, '-o', 'd'])
    expect(fetch).toMatchObject({
      totalTimeoutMs: undefined,
      output: 'd',
      pieces: undefined,
      sample: undefined,
    })
    const limited = await runPeerwire([
      'fetch',
      ...PEER,
      '-o',
      'd',
      '--timeout',
      '3s',
      '--block-timeout',
      '2s',
    ])
    expect(limited.fetch).toMatchObject({ totalTimeoutMs: 3000, blockTimeoutMs: 2000 })
  })

  test('pieces are runs, and a sample needs no folder', async () => {
    const { fetch } = await runPeerwire(['fetch', ...PEER, '--pieces', '0-9,17', '--sample', '20'])
    expect(fetch).toMatchObject({
      pieces: [
        [0, 9],
        [17, 17],
      ],
      sample: 20,
      output: undefined,
    })
  })

  test('progress is a bar on a terminal, gone before the report, and nothing with --quiet or --json', async () => {
    const progress = {
      stage: 'fetching',
      elapsedMs: 6000,
      transferMs: 5000,
      choked: true,
      donePieces: 3,
      pieces: 9,
      doneBytes: 3 * 2 ** 20,
      totalBytes: 9 * 2 ** 20,
    } as const
    const useCases = {
      fetch: (options: FetchOptions) => {
        options.progress?.(progress)
        return Promise.resolve(fetchReport())
      },
    }
    const run = (isTty: boolean, ...flags: readonly string[]) =>
      runPeerwire(['fetch', ...PEER, '-o', 'd', '--no-color', ...flags], { useCases, isTty })
    const onTerminal = await run(true)
    const bar = `${'━'.repeat(8)}${'·'.repeat(16)}  33.3 %  3 of 9 pieces  614.4 KiB/s  10 s left  choked`
    expect(onTerminal.stderr).toBe(`\u001b[?7l${bar}\r\u001b[?7h\r\u001b[2K\u001b[C\u001b[J\r`)
    expect((await run(false)).stderr).toBe(
      'fetched 3 MiB of 9 MiB, 3 of 9 pieces, 614.4 KiB/s, 10 s left, choked\n',
    )
    expect((await run(true, '--json')).stderr).toBe('')
    expect((await run(true, '-q')).stderr).toBe('')
  })

  test('decode shows on a terminal how much of a long file was read, in color', async () => {
    const useCases = {
      decode: (options: DecodeOptions) => {
        options.progress?.({ doneBytes: 2 ** 20, totalBytes: options.totalBytes })
        return Promise.resolve(emptyValue(decode))
      },
    }
    const files = { 'x.pcap': new Uint8Array(4 * 2 ** 20) }
    const run = (...flags: readonly string[]) =>
      runPeerwire(['decode', 'x.pcap', ...flags], { useCases, files, isTty: true })
    const { stderr } = await run('--color', 'always')
    expect(stderr).toContain('\u001b[32m━━━━━')
    expect(stderr).toContain('1 MiB of 4 MiB')
    expect(stderr.endsWith('\u001b[J\r')).toBe(true)
    expect((await run('--json')).stderr).toBe('')
    expect((await run('-q')).stderr).toBe('')
  })

  test('metadata writes a file only when one is given', async () => {
    expect((await runPeerwire(['metadata', ...PEER])).metadata).toMatchObject({
      output: undefined,
      force: false,
    })
    const { metadata } = await runPeerwire(['metadata', ...PEER, '-o', 'x.torrent', '--force'])
    expect(metadata).toMatchObject({ output: 'x.torrent', force: true, totalTimeoutMs: 60_000 })
  })
})

describe('where output goes', () => {
  test('a report is text on stdout, without colours when that is no terminal', async () => {
    const { exitCode, stdout, stderr } = await runPeerwire(CONNECT)
    expect({ exitCode, stderr }).toStrictEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^✓ 127\.0\.0\.1:7001 /)
  })

  test.each([
    { name: 'a terminal', isTty: true, colored: true },
    { name: 'NO_COLOR', isTty: true, variables: { NO_COLOR: '1' }, colored: false },
    { name: 'an empty NO_COLOR', isTty: true, variables: { NO_COLOR: '' }, colored: true },
    { name: 'a dumb terminal', isTty: true, variables: { TERM: 'dumb' }, colored: false },
    { name: 'FORCE_COLOR', variables: { FORCE_COLOR: '1' }, colored: true },
    { name: 'FORCE_COLOR=0', isTty: true, variables: { FORCE_COLOR: '0' }, colored: false },
    { name: '--color always', flags: ['--color', 'always'], variables: { NO_COLOR: '1' }, colored: true },
    {
      name: '--color never',
      flags: ['--color', 'never'],
      isTty: true,
      variables: { FORCE_COLOR: '1' },
      colored: false,
    },
  ])('colours with $name: $colored', async ({ flags = [], colored, ...world }) => {
    const { stdout } = await runPeerwire([...CONNECT, ...flags], world)
    expect(stdout.includes('\u001b[')).toBe(colored)
  })

  test('a report goes to stderr when stdout carries the block', async () => {
    const { stdout, stderr } = await runPeerwire([...FETCH, '-o', '-'])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^✓ /)
  })

  test('--trace goes to stderr, a line an event', async () => {
    const { stderr } = await runPeerwire([...CONNECT, '--trace', '-q'], {
      useCases: {
        connect: (options: ConnectOptions) => {
          const connected = { type: 'connected', transport: 'tcp', local: 'a:1', remote: 'b:2' } as const
          options.trace?.({ at: 12.34, ...connected })
          options.trace?.({ at: 0.15, ...connected })
          return Promise.resolve(connectReport())
        },
      },
    })
    // rounded as in the report: toFixed alone makes 0.1 of the second
    const what = '· connected to b:2 from a:1 over tcp'
    expect(stderr).toBe(`     12.3 ms ${what}\n      0.2 ms ${what}\n`)
  })

  test('--bitfield prints the ranges', async () => {
    expect((await runPeerwire([...CONNECT, '--bitfield'])).stdout).toContain('\n  pieces        0-128\n')
  })
})

test('demo shows its reports, a failure and what to try next, on one screen', async () => {
  const { exitCode, stdout } = await runPeerwire(['demo'])
  expect(exitCode).toBe(0)
  expect(stdout).toContain('✗ 127.0.0.1:7001  refused, nothing listens there')
  expect(stdout).toContain('Next: peerwire connect HOST:PORT')
  expect(stdout.split('\n').length).toBeLessThanOrEqual(24)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toStrictEqual([])
})

describe('exit codes', () => {
  const reset = failedReport(failure('E_HANDSHAKE_RESET', 'handshake', 'reset'), { outcome: 'reset' })
  const useCases = { connect: () => Promise.resolve(reset) }

  test('a failure gives the code of its error', async () => {
    expect(await runPeerwire(CONNECT, { useCases })).toMatchObject({ exitCode: 4 })
  })

  test('a failure that was expected gives 0', async () => {
    const run = await runPeerwire([...CONNECT, '--json', '--expect', 'exitCode=4'], { useCases })
    expect(run.exitCode).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      ok: true,
      exitCode: 0,
      error: { code: 'E_HANDSHAKE_RESET' },
    })
  })

  test('a missed expectation gives 1', async () => {
    const run = await runPeerwire([...FETCH, '-o', 'x', '--expect', 'block.verified=piece-sha1'])
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain('block.verified=piece-sha1 (it is nothing)')
  })

  test('trouble before the session is told in one line', async () => {
    const exists = new PeerError('E_FILE_EXISTS', 'x exists already', {
      hint: 'give another name, or --force',
    })
    const run = await runPeerwire([...FETCH, '-o', 'x'], {
      useCases: { 'fetch-block': () => Promise.reject(exists) },
    })
    expect(run).toMatchObject({
      exitCode: 9,
      stdout: '',
      stderr: 'peerwire fetch-block: x exists already; give another name, or --force\n',
    })
  })

  test('a bug gives 70, and its place only with -v', async () => {
    const broken = { connect: () => Promise.reject(new TypeError('x is not a function')) }
    const quiet = await runPeerwire(CONNECT, { useCases: broken })
    expect(quiet).toMatchObject({
      exitCode: 70,
      stderr:
        'peerwire connect: this is a bug in peerwire: x is not a function;\n  run again with -v for the place, and report it\n',
    })
    const verbose = await runPeerwire([...CONNECT, '-v'], { useCases: broken })
    expect(verbose.stderr).toContain('run-cli.test.ts')
  })

  test('a stdout that cannot be written gives 9', async () => {
    const full = new PeerError('E_DISK_FULL', 'cannot write to standard output: ENOSPC')
    const stdout = { isTty: false, write: () => Promise.reject(full) }
    expect(await runPeerwire(CONNECT, { stdout })).toMatchObject({
      exitCode: 9,
      stderr: 'peerwire connect: cannot write to standard output: ENOSPC\n',
    })
    expect((await runPeerwire([...CONNECT, '--json'], { stdout })).exitCode).toBe(9)
  })
})

describe('documents of failures keep to their schemas', () => {
  test.each([
    ['connect', ['connect', 'x', '--json']],
    ['fetch-block', ['fetch-block', 'x', '--json']],
    ['demo', ['demo', '--json']],
    ['demo', ['demo', '--xyzzy', '--json']],
    ['explain', ['explain', 'nothing-at-all', '--json']],
    ['explain', ['explain', '--json']],
    ['error', ['nothing', '--json']],
  ] as const)('%s', async (name, argv) => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL(`../../../docs/schema/${name}.json`, import.meta.url), 'utf8'),
    )
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema as object)
    const { stdout } = await runPeerwire(argv)
    validate(JSON.parse(stdout))
    expect(validate.errors).toBeNull()
  })
})

describe('help', () => {
  test.each([
    { argv: ['--help'], exitCode: 0 },
    { argv: ['-h'], exitCode: 0 },
    { argv: ['help'], exitCode: 0 },
    { argv: ['connect', '--help'], exitCode: 0 },
    { argv: ['help', 'fetch-block'], exitCode: 0 },
    { argv: ['explain', '-h'], exitCode: 0 },
  ])('$argv is on stdout, has examples and fits 80 columns', async ({ argv, exitCode }) => {
    const run = await runPeerwire(argv)
    expect(run).toMatchObject({ exitCode, stderr: '' })
    expect(run.stdout).toContain('Examples:\n  peerwire ')
    expect(run.stdout.split('\n').filter((line) => line.length > 80)).toStrictEqual([])
  })

  test('without a command it is on stderr, as an error', async () => {
    const run = await runPeerwire([])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain('Usage: peerwire <command>')
  })

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect(VERSION).toBe(version)
    expect((await runPeerwire(['--version'])).stdout).toBe(`${version}\n`)
  })
})
