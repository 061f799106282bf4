import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import type { EndedProcess } from '../../support/processes/cli-process.ts'
import { readCapture } from '../../support/captures/capture-files.ts'
import { readTrace } from '../../support/captures/trace-file.ts'
import type { Ran, Row } from './row.ts'

/** `serve` as installed, visited by the other commands as installed. */

const LISTEN = ['--listen', '127.0.0.1:0', '--once'] as const

export const SERVE_ROWS: readonly Row[] = [
  {
    title: 'serve: a torrent with its data, to a strict end',
    argv: ({ torrent, data, folder }) => [
      ...['serve', '-t', torrent, '--data', data, ...LISTEN, '--strict', '--ndjson'],
      ...['--capture', join(folder, 'serve.pcapng'), '--trace-file', join(folder, 'serve.ndjson')],
    ],
    exitCode: 0,
    visit: ({ peer }, { cli, places, content }) =>
      expectRun(cli.run(['fetch', peer, '-t', places.torrent, '-o', `${places.folder}/all`]), 0, () =>
        expect(
          readFileSync(join(places.folder, 'all', `synthetic-${content.length}-1`)).equals(content),
        ).toBe(true),
      ),
    check: (ran, { places, content }) => {
      expect(endOfEvents(ran)).toMatchObject({ strict: true, violations: 0, connections: 1 })
      const trace = readTrace(readFileSync(join(places.folder, 'serve.ndjson'), 'utf8'))
      expect(trace.filter(({ connection }) => connection === 1).at(-1)).toMatchObject({ type: 'ended' })
      const packets = readCapture([readFileSync(join(places.folder, 'serve.pcapng'))])
      expect(packets.length).toBeGreaterThan(content.length / 1460)
    },
  },
  {
    title: 'serve: a made-up torrent over an old file, of which it has a part, to whoever is not encrypted',
    argv: ({ folder }) => [
      ...['serve', '--synthetic', '256KiB', '--seed', '7', '--torrent-out', made(folder), '--force'],
      ...['--have', '0-1', '--transport', 'tcp', '--encryption', 'off', ...LISTEN, '--ndjson', '-v'],
    ],
    prepare: ({ folder }) => writeFileSync(made(folder), 'taken'),
    exitCode: 0,
    visit: ({ peer }, { cli, places }) =>
      expectRun(cli.run(['connect', peer, '-t', made(places.folder), '--json']), 0, (stdout) =>
        expect(JSON.parse(stdout.toString())).toMatchObject({
          availability: { ranges: '0-1' },
          session: { transport: 'tcp', encryption: 'plaintext' },
        }),
      ),
    check: (ran, { places }) => {
      expect(endOfEvents(ran)).toMatchObject({ seed: 7, connections: 1 })
      expect(decodeMetainfo(readFileSync(made(places.folder))).pieceCount).toBeGreaterThan(1)
    },
  },
  {
    title: 'serve: who is not encrypted is refused',
    argv: ({ torrent, data }) => [
      ...['serve', '-t', torrent, '--data', data, '--encryption', 'require', ...LISTEN, '--ndjson'],
    ],
    exitCode: 0,
    visit: async ({ peer }, { cli, places }) => {
      const argv = ['connect', peer, '-t', places.torrent, '--json', '--encryption']
      await expectRun(cli.run([...argv, 'off']), 4)
      await expectRun(cli.run([...argv, 'require']), 0)
    },
    check: (ran) => expect(endOfEvents(ran)).toMatchObject({ ok: true }),
  },
  {
    title: 'serve: a fault',
    argv: ({ torrent, data }) => [
      ...['serve', '-t', torrent, '--data', data, '--fault', 'corrupt=0', ...LISTEN, '--text'],
      ...['--color', 'always', '--ascii'],
    ],
    exitCode: 0,
    visit: ({ peer }, { cli, places }) =>
      expectRun(cli.run(['fetch', peer, '-t', places.torrent, '--sample', '8']), 7),
    check: ({ stdout }) => expect(stdout.toString()).toContain('1 connection, 256 KiB sent'),
  },
  {
    title: 'serve: dials a peer',
    argv: ({ silent }) => [
      ...['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0'],
      ...['--connect', silent, '--encryption', 'off', '--timeout', '300ms', '--ndjson'],
    ],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toContain('"dialled":true'),
  },
  {
    title: 'serve: one document at the end',
    argv: () => ['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0', '--timeout', '10ms', '--json'],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ schema: 'peerwire.serve/1', connections: 0 }),
  },
  {
    title: 'serve: a line for each peer, and for none one at the end',
    argv: () => [
      ...['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0', '--timeout', '10ms'],
      ...['--format', 'line'],
    ],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^✓ 127\.0\.0\.1:\d+ {2}0 connections[^\n]+\n$/),
  },
  {
    title: 'serve: redacted',
    argv: () => [
      ...['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0', '--timeout', '10ms'],
      ...['--redact', '--format', 'line'],
    ],
    exitCode: 0,
    check: ({ stdout, stderr }) => {
      expect(stdout.toString()).toMatch(/^✓ 192\.0\.2\.1:\d+ {2}0 connections[^\n]+\n$/)
      expect(stderr).toMatch(/^peerwire: redacted: .*\n$/)
    },
  },
  {
    title: 'serve: a template at the end',
    argv: () => [
      ...['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0', '--timeout', '10ms'],
      ...['-w', '%{connections} %{violations}'],
    ],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('0 0'),
  },
  {
    title: 'serve: quiet',
    argv: () => [
      'serve',
      '--synthetic',
      '64KiB',
      '--listen',
      '127.0.0.1:0',
      '--timeout',
      '10ms',
      '-q',
      '--no-color',
    ],
    exitCode: 0,
    check: ({ stdout, stderr }) => expect([stdout.length, stderr]).toStrictEqual([0, '']),
  },
]

/** Where the .torrent goes that is made up. */
function made(folder: string): string {
  return join(folder, 'made.torrent')
}

function endOfEvents({ stdout }: Ran): unknown {
  const last = stdout.toString().trimEnd().split('\n').at(-1) ?? ''
  return (JSON.parse(last) as { readonly report: unknown }).report
}

async function expectRun(
  running: Promise<EndedProcess>,
  exitCode: number,
  check?: (stdout: Buffer) => void,
): Promise<void> {
  const ran = await running
  expect(ran.code, `${ran.stdout.toString()}${ran.stderr}`).toBe(exitCode)
  check?.(ran.stdout)
}
