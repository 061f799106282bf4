import { describe, expect, test } from 'vitest'
import { PeerError } from '../../../src/base/errors.ts'
import { runPeerwire } from '../../support/processes/cli.ts'
import { connectReport, refusedReport, SPARE_BITS, STARTED_AT } from '../../support/reports/reports.ts'

/** What scripts and cron jobs rely on: what is printed where, and nothing else. */

const CONNECT = ['connect', '127.0.0.1:7001', '-i', '0123456789abcdef0123456789abcdef01234567']

const refused = refusedReport()
const REFUSED = { connect: () => Promise.resolve(refused) }

describe('-q', () => {
  const REASON = 'peerwire: 127.0.0.1:7001: refused, nothing listens there (exit 3)\n'

  test.each([
    { flags: ['-q'], stderr: REASON },
    { flags: ['--quiet'], stderr: REASON },
    { flags: ['-q', '-v'], stderr: REASON },
    { flags: ['-qq'], stderr: '' },
    { flags: ['-q', '--quiet'], stderr: '' },
    { flags: ['-qqv'], stderr: '' },
  ])('$flags of a failure prints "$stderr" and no report', async ({ flags, stderr }) => {
    expect(await runPeerwire([...CONNECT, ...flags], { useCases: REFUSED })).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr,
    })
  })

  test('prints nothing when all is well', async () => {
    expect(await runPeerwire([...CONNECT, '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('says which check failed', async () => {
    const useCases = { connect: () => Promise.resolve(connectReport({ findings: [SPARE_BITS] })) }
    expect((await runPeerwire([...CONNECT, '-q'], { useCases })).stderr).toBe(
      'peerwire: 127.0.0.1:7001: the peer violated the protocol: bitfield-spare-bits (exit 1)\n',
    )
    const { stderr } = await runPeerwire([...CONNECT, '-q', '--expect', 'dhtPort'])
    expect(stderr).toBe('peerwire: 127.0.0.1:7001: 1 of 1 expectation not met (exit 1)\n')
  })

  test('a document is printed all the same', async () => {
    const run = await runPeerwire([...CONNECT, '-q', '--json'], { useCases: REFUSED })
    expect(JSON.parse(run.stdout)).toMatchObject({ exitCode: 3 })
    expect(run.stderr).toBe(REASON)
  })

  test('so is trouble before the session, in one line', async () => {
    const exists = new PeerError('E_FILE_EXISTS', 'x exists already', { hint: 'use --force' })
    const useCases = { connect: () => Promise.reject(exists) }
    expect((await runPeerwire([...CONNECT, '-q'], { useCases })).stderr).toBe(
      'peerwire: connect: x exists already (exit 9)\n',
    )
    expect((await runPeerwire([...CONNECT, '-qq'], { useCases })).stderr).toBe('')
  })
})

describe('--format', () => {
  test('line is the peer, the verdict and the time', async () => {
    const run = await runPeerwire([...CONNECT, '--format', 'line'])
    expect(run.stdout).toBe('✓ 127.0.0.1:7001  libtorrent 2.0.8.0, has all 129 pieces, unchoked  0.3 s\n')
    const failed = await runPeerwire([...CONNECT, '--format=line'], { useCases: REFUSED })
    expect(failed.stdout).toBe('✗ 127.0.0.1:7001  refused, nothing listens there  0.3 s\n')
  })

  test('json is --json, of failures too', async () => {
    const { stdout } = await runPeerwire([...CONNECT, '--format', 'json'])
    expect(stdout).toBe((await runPeerwire([...CONNECT, '--json'])).stdout)
    const wrong = await runPeerwire(['connect', '--format', 'json'])
    expect(JSON.parse(wrong.stdout)).toMatchObject({ schema: 'peerwire.connect/1', exitCode: 2 })
  })
})

describe('--write-out', () => {
  test.each([
    ['%{client} %{timing.handshakeMs}\\n', 'libtorrent 2.0.8.0 1.9\n'],
    ['%{ok}\\t%{exitCode}\\t%{error}\\n', 'true\t0\tnull\n'],
    ['%{handshake.features} %{attempts.0.outcome}', '["extension-protocol","dht","fast"] ok'],
    ['100%% %{verdict}\\\\', '100% libtorrent 2.0.8.0, has all 129 pieces, unchoked\\'],
    ['%{startedAt} % {x} %', `${STARTED_AT.toISOString()} % {x} %`],
    ['%{extensionHandshake.raw.yourip}', '7f000001'],
    ['', ''],
  ])('%s prints %j', async (template, stdout) => {
    expect(await runPeerwire([...CONNECT, '-w', template])).toMatchObject({ exitCode: 0, stdout, stderr: '' })
  })

  test('prints of a failure as well, with -q beside the reason', async () => {
    const run = await runPeerwire([...CONNECT, '-q', '--write-out', '%{error.code}'], { useCases: REFUSED })
    expect(run).toMatchObject({ exitCode: 3, stdout: 'E_CONNECT_REFUSED' })
    expect(run.stderr).toMatch(/^peerwire: [^\n]*\n$/)
  })

  test.each(['%{clint}', '%{timing.handshake}', '%{}', '%{block.bytes}'])(
    '%s is a usage error, before anything is sent',
    async (template) => {
      const run = await runPeerwire([...CONNECT, '-w', template])
      expect(run).toMatchObject({ exitCode: 2, stdout: '', connect: undefined })
    },
  )

  test('does not print two forms', async () => {
    expect(await runPeerwire([...CONNECT, '-w', 'x', '--json'])).toMatchObject({ exitCode: 2 })
    expect(await runPeerwire([...CONNECT, '-w', 'x', '--format', 'line'])).toMatchObject({ exitCode: 2 })
  })
})

describe('PEERWIRE_OPTIONS', () => {
  const run = (text: string, ...argv: readonly string[]) =>
    runPeerwire([...CONNECT, ...argv], { variables: { PEERWIRE_OPTIONS: text } })

  test('are options of every run, which the command line overrides', async () => {
    const text = '--encryption require --connect-timeout=2s  --peer-id "-XX0000-"'
    expect((await run(text)).connect).toMatchObject({ encryption: 'require', connectTimeoutMs: 2000 })
    expect((await run(text, '--encryption', 'off')).connect).toMatchObject({ encryption: 'off' })
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({ ok: true })
  })

  test('that exclude what is typed are left out', async () => {
    expect(JSON.parse((await run("-w '%{ok}'", '--json')).stdout)).toMatchObject({ ok: true })
    expect((await run('--json -6', '-4', '--format=line')).stdout).toMatch(/^✓ .*\n$/)
    const torrent = ['-i', 'ffffffffffffffffffffffffffffffffffffffff']
    expect((await run(torrent.join(' '))).exitCode).toBe(0)
    const words = await runPeerwire(['connect', '127.0.0.1:7001', CONNECT[3] ?? ''], {
      variables: { PEERWIRE_OPTIONS: torrent.join(' ') },
    })
    expect(words.exitCode).toBe(0)
  })

  test('of other commands are left out', async () => {
    expect((await run("--sample 3 -o 'a b' --color never")).exitCode).toBe(0)
    const explained = await runPeerwire(['explain', '4'], {
      variables: { PEERWIRE_OPTIONS: '--encryption require -4 -w %{verdict}' },
    })
    expect(explained).toMatchObject({ exitCode: 0, stdout: '2 topics' })
  })

  test('decide how a wrong command line is printed', async () => {
    const wrong = await runPeerwire(['connect'], { variables: { PEERWIRE_OPTIONS: '--json' } })
    expect(JSON.parse(wrong.stdout)).toMatchObject({ exitCode: 2 })
  })

  test.each([
    ['--colour never', 'PEERWIRE_OPTIONS has "--colour", which is not an option'],
    ['connect', 'PEERWIRE_OPTIONS has "connect", which is not an option'],
    ['--encryption on', 'PEERWIRE_OPTIONS: "on" is not a choice for --encryption'],
    ['--encryption', 'PEERWIRE_OPTIONS: --encryption lacks its value'],
    ['--json=yes', 'PEERWIRE_OPTIONS: --json takes no value'],
    ["-w 'x", 'PEERWIRE_OPTIONS has a quote that is not closed'],
  ])('%s is a usage error that names them', async (text, message) => {
    const { exitCode, stderr } = await run(text)
    expect(exitCode).toBe(2)
    expect(stderr.replaceAll('\n  ', ' ')).toContain(message)
  })

  test('do not matter for the help', async () => {
    const help = await runPeerwire(['--help'], { variables: { PEERWIRE_OPTIONS: '--nonsense' } })
    expect(help.exitCode).toBe(0)
  })
})

describe('ASCII', () => {
  test.each([
    { variables: { LC_ALL: 'C' }, ascii: true },
    { variables: { LC_ALL: '', LC_CTYPE: 'POSIX' }, ascii: true },
    { variables: { LANG: '' }, ascii: true },
    { variables: { LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, ascii: true },
    { variables: { LC_CTYPE: 'en_US.utf8', LANG: 'C' }, ascii: false },
    { variables: { LC_ALL: 'C.UTF-8' }, ascii: false },
  ])('$variables: $ascii', async ({ variables, ascii }) => {
    const { stdout } = await runPeerwire(CONNECT, { variables })
    expect(stdout.startsWith(ascii ? 'ok   127.0.0.1:7001' : '✓ 127.0.0.1:7001')).toBe(true)
    expect(/^[\0-\x7f]*$/.test(stdout)).toBe(ascii)
  })

  test('a document is the same one', async () => {
    const named = connectReport({ torrent: { ...connectReport().torrent, name: 'Größe 新 😀' } })
    const useCases = { connect: () => Promise.resolve(named) }
    const { stdout } = await runPeerwire([...CONNECT, '--json', '--ascii'], { useCases })
    expect(stdout).toMatch(/^[\0-\x7f]*$/)
    expect(JSON.parse(stdout)).toStrictEqual(
      JSON.parse((await runPeerwire([...CONNECT, '--json'], { useCases })).stdout),
    )
  })
})
