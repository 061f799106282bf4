import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { COMMAND_NAMES } from '../../../src/cli/commands/table.ts'
import { decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import { readCapture } from '../../support/captures/capture-files.ts'
import type { Ran, Row } from './row.ts'
import type { Places } from './world.ts'

/** What each command does besides what all sessions do, and what it prints. */

const connect: readonly Row[] = [
  {
    title: 'connect: through a proxy without a login, to an IPv4 address',
    argv: ({ seeder, torrent, proxy }) => [
      ...['connect', seeder, '-t', torrent, '--proxy', `socks5://${proxy}`, '--json'],
    ],
    exitCode: 0,
    check: (ran, { places, proxies }) => {
      expect(ran.document()).toMatchObject({ ok: true, target: { address: '127.0.0.1' } })
      expect(proxies[0]?.requests.at(-1)).toBe(places.seeder)
    },
  },
  {
    title: 'connect: through a proxy to an IPv6 address',
    argv: ({ seederV6, torrent, proxy }) => [
      ...['connect', seederV6, '-t', torrent, '--proxy', `socks5://${proxy}`, '--json'],
    ],
    exitCode: 0,
    check: (ran, { places, proxies }) => {
      expect(ran.document()).toMatchObject({ ok: true, target: { address: '::1', family: 6 } })
      expect(proxies[0]?.requests.at(-1)).toBe(places.seederV6.replace('[::1]', '0:0:0:0:0:0:0:1'))
    },
  },
  {
    title: 'connect: a proxy that wants a login is named with its reason',
    argv: ({ seeder, torrent, loginProxy }) => [
      ...['connect', seeder, '-t', torrent, '--proxy', `socks5://${loginProxy}`],
    ],
    exitCode: 3,
    check: ({ stdout }) => expect(unfolded(stdout)).toMatch(/authentication.* E_PROXY_FAILED/i),
  },
  {
    title: 'connect: --interested waits for the unchoke, --bitfield lists the pieces',
    argv: ({ seeder, torrent }) => ['connect', seeder, '-t', torrent, '--interested', '--bitfield'],
    exitCode: 0,
    check: ({ stdout }) => {
      expect(stdout.toString()).toMatch(/unchoke \d/)
      expect(stdout.toString()).toContain('0-7')
    },
  },
  {
    title: 'connect: --settle and --wait are short',
    argv: ({ stalling, hash }) => [
      ...['connect', stalling, '-i', hash, '--settle', '1ms', '--wait', '1ms', '--json'],
    ],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ ok: true }),
  },
]

const fetchBlock: readonly Row[] = [
  {
    title: 'fetch-block: a range with its metadata, proven and timed',
    argv: ({ seeder, hash }) => [
      ...['fetch-block', seeder, '-i', hash, '--metadata', '--verify'],
      ...['--piece', '3', '--offset', '1KiB', '--length', '20000', '--repeat', '3', '-o', '-'],
    ],
    exitCode: 0,
    check: ({ stdout, stderr }, { content }) => {
      expect(stdout.equals(content.subarray(3 * 32_768 + 1024, 3 * 32_768 + 21_024))).toBe(true)
      expect(stderr).toContain('20000 bytes written to standard output')
      expect(stderr).toContain('the whole piece has its SHA-1')
    },
  },
  {
    title: 'fetch-block: no file is written over',
    argv: ({ seeder, torrent }) => ['fetch-block', seeder, '-t', torrent, '--piece', '0', '-o', torrent],
    exitCode: 9,
    check: ({ stdout, stderr }) => expect(`${unfolded(stdout)}${stderr}`).toContain('exists'),
  },
  {
    title: 'fetch-block: --force writes over it',
    argv: ({ seeder, torrent, folder }) => [
      ...['fetch-block', seeder, '-t', torrent, '--piece', '1', '-o', taken(folder), '--force', '-q'],
    ],
    prepare: takePlace,
    exitCode: 0,
    check: ({ stdout, stderr }, { places, content }) => {
      expect([stdout.length, stderr]).toStrictEqual([0, ''])
      expect(readFileSync(taken(places.folder)).equals(content.subarray(32_768, 32_768 + 16_384))).toBe(true)
    },
  },
]

const fetch: readonly Row[] = [
  {
    title: 'fetch: some pieces into a folder',
    argv: ({ server, torrent, folder }) => [
      ...['fetch', server, '-t', torrent, '--pieces', '1,6-7', '-o', `${folder}/some`, '--json'],
    ],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ ok: true, exitCode: 0 }),
  },
  {
    title: 'fetch: the rest of it',
    argv: ({ server, torrent, folder }) => ['fetch', server, '-t', torrent, '-o', `${folder}/some`, '-q'],
    exitCode: 0,
    check: (_, { places, content }) => {
      const written = readFileSync(join(places.folder, 'some', `synthetic-${content.length}-1`))
      expect(written.equals(content)).toBe(true)
    },
  },
  {
    title: 'fetch: a sample, kept nowhere',
    argv: ({ server, hash }) => ['fetch', server, '-i', hash, '--sample', '2', '--json'],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ ok: true }),
  },
  {
    title: 'fetch: --block-timeout is kept',
    argv: ({ stalling, torrent }) => [
      'fetch',
      stalling,
      '-t',
      torrent,
      '--block-timeout',
      '200ms',
      '--sample',
      '1',
      '--json',
    ],
    exitCode: 6,
    check: (ran) => expect(ran.document()).toMatchObject({ error: { code: 'E_BLOCK_TIMEOUT' } }),
  },
]

const metadata: readonly Row[] = [
  {
    title: 'metadata: the .torrent on stdout, and the page beside it',
    argv: ({ seeder, hash }) => ['metadata', seeder, '-i', hash, '-o', '-'],
    exitCode: 0,
    check: ({ stdout, stderr }, { places }) => {
      expect(toHex(decodeMetainfo(stdout).infoHashes.v1 ?? stdout)).toBe(places.hash)
      expect(stderr).toContain(places.hash)
    },
  },
  {
    title: 'metadata: --force writes over a file',
    argv: ({ seeder, hash, folder }) => ['metadata', seeder, '-i', hash, '-o', taken(folder), '--force'],
    prepare: takePlace,
    exitCode: 0,
    check: (_, { places }) =>
      expect(readFileSync(taken(places.folder)).toString('latin1')).toContain('pieces'),
  },
]

const demo: readonly Row[] = [
  {
    title: 'demo: one document, and the trace beside it',
    argv: () => ['demo', '--json', '--trace', '-v'],
    exitCode: 0,
    check: (ran) => {
      expect(ran.document()).toMatchObject({ schema: 'peerwire.demo/1', ok: true })
      expect(ran.stderr).toContain('← handshake')
    },
  },
  {
    title: 'demo: text in colour',
    argv: () => ['demo', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => {
      expect(stdout.toString()).toContain('\u001b[')
      expect(stdout.toString()).toMatch(/^[\0-\x7f]*$/)
    },
  },
  {
    title: 'demo: a capture of both sessions',
    argv: ({ folder }) => ['demo', '--capture', join(folder, 'demo.pcapng'), '-q'],
    exitCode: 0,
    check: (_ran, { places }) => {
      const packets = readCapture([readFileSync(join(places.folder, 'demo.pcapng'))])
      // 40000 bytes of the block alone
      expect(packets.length).toBeGreaterThan(40)
    },
  },
  {
    title: 'demo: a line',
    argv: () => ['demo', '--format', 'line'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^✓ [^\n]+\n$/),
  },
  {
    title: 'demo: a template',
    argv: () => ['demo', '-w', '%{fetchBlock.block.verified}'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('piece-sha1'),
  },
  { title: 'demo: quiet', argv: () => ['demo', '-q', '--no-color'], exitCode: 0, check: silent },
]

const explain: readonly Row[] = [
  {
    title: 'explain: one code as a document',
    argv: () => ['explain', 'E_PROXY_FAILED', '--json'],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ topics: [{ id: 'E_PROXY_FAILED' }] }),
  },
  {
    title: 'explain: a peer id in colour, verbose',
    argv: () => ['explain', '-TR3000-', '-v', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toContain('\u001b[1m-TR3000-'),
  },
  {
    title: 'explain: a line',
    argv: () => ['explain', 'E_BIND', '--format', 'line'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^✓ E_BIND: [^\n]+\n$/),
  },
  {
    title: 'explain: a template',
    argv: () => ['explain', 'E_BIND', '-w', '%{topics.0.id}'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('E_BIND'),
  },
  { title: 'explain: quiet', argv: () => ['explain', '4', '-q', '--no-color'], exitCode: 0, check: silent },
]

const completion: readonly Row[] = [
  {
    title: 'completion: a script for bash',
    argv: () => ['completion', 'bash', '-v', '--no-color', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toContain('complete -F _peerwire peerwire'),
  },
  {
    title: 'completion: a script for zsh, as a document',
    argv: () => ['completion', 'zsh', '--json'],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ shell: 'zsh' }),
  },
  {
    title: 'completion: a line about a script for fish',
    argv: () => ['completion', 'fish', '--format', 'line'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('✓ a completion script for fish\n'),
  },
  {
    title: 'completion: a template, and quiet',
    argv: () => ['completion', 'bash', '-w', '%{shell}', '-q'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('bash'),
  },
]

const start: readonly Row[] = [
  {
    title: 'the version',
    argv: () => ['--version'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/),
  },
  {
    title: 'the help, which names every command',
    argv: () => ['--help'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toContain('Commands:'),
  },
  ...COMMAND_NAMES.map((command): Row => ({
    title: `${command}: its help`,
    argv: () => [command, '--help'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(new RegExp(`^Usage: peerwire ${command} `)),
  })),
]

export const COMMAND_ROWS = [
  ...start,
  ...connect,
  ...fetchBlock,
  ...fetch,
  ...metadata,
  ...demo,
  ...explain,
  ...completion,
]

/** A file that is there already. */
function taken(folder: string): string {
  return join(folder, 'taken')
}

function takePlace({ folder }: Places): void {
  writeFileSync(taken(folder), 'taken')
}

function silent({ stdout, stderr }: Ran): void {
  expect([stdout.toString(), stderr]).toStrictEqual(['', ''])
}

/** The page without its folds. */
function unfolded(stdout: Buffer): string {
  return stdout.toString().replaceAll(/\s+/g, ' ')
}
