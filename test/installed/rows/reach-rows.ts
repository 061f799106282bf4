import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { readTrace } from '../../support/captures/trace-file.ts'
import type { Row } from './row.ts'

/** `reach`: every flag, and what it prints of ports that are open and ports that are not. */
export const REACH_ROWS: readonly Row[] = [
  {
    title: 'reach: a client that answers, from another address, traced',
    argv: ({ server, folder }) => [
      ...['reach', server, '-4', '--source', '127.0.0.9', '--trace', '-q'],
      ...['--trace-file', `${folder}/reach-trace`, '--capture', `${folder}/reach.pcapng`],
    ],
    exitCode: 0,
    check: ({ stdout, stderr }, { places }) => {
      expect(stdout).toHaveLength(0)
      expect(stderr).toMatch(/· probe 1: tcp MSE key in two halves\n/)
      expect(stderr).toMatch(/ from 127\.0\.0\.9:\d+ over tcp\n/)
      const types = readTrace(readFileSync(`${places.folder}/reach-trace`, 'utf8')).map(({ type }) => type)
      expect(types).toContain('raw')
      expect(types.at(-1)).toBe('finished')
      expect(readFileSync(`${places.folder}/reach.pcapng`).readUInt32LE(0)).toBe(0x0a0d0d0a)
    },
  },
  {
    title: 'reach: redacted',
    argv: ({ server }) => ['reach', server, '--redact', '--json'],
    exitCode: 0,
    check: (ran) => {
      expect(ran.document()).toMatchObject({ ok: true, target: { host: '192.0.2.1' } })
      expect(ran.stdout.toString()).not.toContain('127.0.0.1')
    },
  },
  {
    title: 'reach: its document',
    argv: ({ server, folder }) => ['reach', server, '--json', '--report', `${folder}/reach.html`],
    exitCode: 0,
    check: (ran, { places }) => {
      expect(readFileSync(`${places.folder}/reach.html`, 'utf8')).toContain('a BitTorrent client answers')
      expect(ran.document()).toMatchObject({
        schema: 'peerwire.reach/1',
        ok: true,
        verdict: 'open, and a BitTorrent client answers',
        paths: [
          { transport: 'tcp', family: 4, state: 'bittorrent', proof: 'key' },
          { transport: 'utp', family: 4, state: 'bittorrent', proof: 'utp' },
        ],
      })
    },
  },
  {
    title: 'reach: the text in colour with the evidence, in ASCII',
    argv: ({ server }) => ['reach', server, '-v', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => {
      const text = stdout.toString()
      expect(text).toContain('\u001b[')
      expect(text).toMatch(/^[\0-\x7f]*$/)
      expect(text).toContain('encryption key: answered with its own, after ours (2 times)')
    },
  },
  {
    title: 'reach: IPv6 only',
    argv: ({ seederV6 }) => ['reach', seederV6, '-6', '--json'],
    exitCode: 0,
    check: (ran) => expect(ran.document()).toMatchObject({ paths: [{ family: 6 }, { family: 6 }] }),
  },
  {
    title: 'reach: a port that drops everything, with a short --connect-timeout',
    argv: ({ filtered }) => ['reach', filtered, '--connect-timeout', '200ms', '--no-color'],
    exitCode: 3,
    check: ({ stdout }) => expect(stdout.toString()).toContain('filtered'),
  },
  {
    title: 'reach: values by a template',
    argv: ({ utpServer }) => ['reach', utpServer, '-w', '%{paths.0.state} %{paths.1.proof}\\n'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('closed utp\n'),
  },
  {
    title: 'reach: one line',
    argv: ({ filtered }) => ['reach', filtered, '--connect-timeout', '200ms', '--format', 'line'],
    exitCode: 3,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^✗ 127\.0\.0\.1:\d+  filtered: .*\n$/),
  },
  {
    title: 'reach: --timeout ends it, and what was found by then is reported',
    argv: ({ silent }) => ['reach', silent, '--timeout', '1200ms', '--json'],
    exitCode: 6,
    check: (ran) =>
      expect(ran.document()).toMatchObject({
        error: { code: 'E_TIMEOUT' },
        paths: [{ state: 'silent' }, { state: 'not-tried' }],
      }),
  },
  {
    title: 'reach: an expectation that does not hold',
    argv: ({ server }) => ['reach', server, '--expect', 'paths.1.state=closed'],
    exitCode: 1,
    check: ({ stdout }) => expect(stdout.toString()).toContain('1 of 1 expectation not met'),
  },
  {
    title: 'connect without a torrent names reach',
    argv: ({ server }) => ['connect', server],
    exitCode: 2,
    check: ({ stderr }) => expect(stderr.replaceAll(/\s+/g, ' ')).toContain('(reach needs neither)'),
  },
]
