import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { readTrace } from '../../support/captures/trace-file.ts'
import type { Row } from './row.ts'

const REFUSED = { exitCode: 2, error: { code: 'E_USAGE' } }

/** `why`: every flag, and what it prints about peers that serve and peers that do not. */
export const WHY_ROWS: readonly Row[] = [
  {
    title: 'why: a peer that works, from another address, traced',
    argv: ({ server, hash, folder }) => [
      ...['why', server, '-i', hash, '-4', '--source', '127.0.0.9', '--trace', '-q'],
      ...['--trace-file', `${folder}/trace`, '--capture', `${folder}/capture`],
    ],
    exitCode: 0,
    check: ({ stdout, stderr }, { places }) => {
      expect(stdout).toHaveLength(0)
      expect(stderr).toMatch(/· probe 1: tcp plaintext\n/)
      expect(stderr).toMatch(/ from 127\.0\.0\.9:\d+ over tcp\n/)
      const types = readTrace(readFileSync(`${places.folder}/trace`, 'utf8')).map(({ type }) => type)
      expect(types).toContain('raw')
      expect(types.at(-1)).toBe('finished')
      expect(readFileSync(`${places.folder}/capture`).length).toBeGreaterThan(1000)
    },
  },
  {
    title: 'why: redacted',
    argv: ({ seeder, torrent }) => ['why', seeder, '-t', torrent, '--redact', '--json'],
    exitCode: 0,
    check: (ran) => {
      expect(ran.document()).toMatchObject({ ok: true, target: { host: '192.0.2.1' } })
      expect(ran.stdout.toString()).not.toContain('127.0.0.1')
    },
  },
  {
    title: 'why: a whole piece is hashed',
    argv: ({ seeder, torrent, folder }) => [
      ...['why', seeder, '-t', torrent, '--json', '--report', `${folder}/why.html`],
    ],
    exitCode: 0,
    check: (ran, { places }) => {
      expect(readFileSync(`${places.folder}/why.html`, 'utf8')).toContain('It works')
      expect(ran.document()).toMatchObject({
        ok: true,
        works: { transport: 'tcp', encryption: 'plaintext', verified: true },
        causes: [{ code: 'works', confidence: 'certain' }],
        probes: [{ number: 1, outcome: 'ok', closedBy: 'us', closeKind: 'fin' }],
      })
    },
  },
  {
    title: 'why: metadata that does not match the info hash, and decode of the trace',
    argv: ({ damagedServer, hash, folder }) => [
      ...['why', damagedServer, '-i', hash, '--json', '--trace-file', `${folder}/damaged`],
    ],
    exitCode: 7,
    check: async (ran, { places, cli }) => {
      expect(ran.document()).toMatchObject({
        works: null,
        error: { code: 'E_METADATA_HASH' },
        causes: [{ code: 'bad-data', confidence: 'certain', evidence: [{ fact: 'metadata-corrupt' }] }],
      })
      const trace = readTrace(readFileSync(`${places.folder}/damaged`, 'utf8'))
      expect(trace.filter(({ type }) => type === 'metadata')).toMatchObject([{ outcome: 'hash-wrong' }])
      const decoded = await cli.run(['decode', `${places.folder}/damaged`, '--json'])
      expect(decoded.code).toBe(7)
      expect(JSON.parse(decoded.stdout.toString())).toMatchObject({
        error: { code: 'E_METADATA_HASH' },
        report: { causes: [{ code: 'bad-data', confidence: 'certain' }] },
      })
    },
  },
  {
    title: 'why: the text in colour with all details',
    argv: ({ seeder, torrent }) => ['why', seeder, '-t', torrent, '-v', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => {
      expect(stdout.toString()).toContain('\u001b[')
      expect(stdout.toString()).toMatch(/^[\0-\x7f]*$/)
    },
  },
  {
    title: 'why: a line',
    argv: ({ seeder, torrent }) => ['why', seeder, '-t', torrent, '--format', 'line'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/^✓ 127\.0\.0\.1:\d+ {2}[^\n]+\n$/),
  },
  {
    title: 'why: a template',
    argv: ({ seeder, torrent }) => ['why', seeder, '-t', torrent, '-w', '%{causes.0.code}'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('works'),
  },
  {
    title: 'why: IPv6 only, and an address of IPv4',
    argv: ({ seeder, torrent }) => ['why', seeder, '-t', torrent, '-6', '--json'],
    exitCode: 2,
    check: (ran) => expect(ran.document()).toMatchObject(REFUSED),
  },
  {
    title: 'why: an expectation that does not hold',
    argv: ({ seeder, torrent }) => [
      ...['why', seeder, '-t', torrent, '--no-color'],
      ...['--expect', 'causes.0.code=torrent-unknown'],
    ],
    exitCode: 1,
    check: ({ stdout }) => expect(stdout.toString()).toContain('0 of 1 expectation met'),
  },
  {
    title: 'why: --connect-timeout is kept',
    argv: ({ filtered, torrent }) => ['why', filtered, '-t', torrent, '--connect-timeout', '200ms', '--json'],
    exitCode: 3,
    check: (ran) => expect(ran.document()).toMatchObject({ error: { code: 'E_CONNECT_TIMEOUT' } }),
  },
  {
    title: 'why: --handshake-timeout and --timeout are kept',
    argv: ({ silent, torrent }) => [
      ...['why', silent, '-t', torrent, '--handshake-timeout', '200ms', '--timeout', '3s', '--json'],
    ],
    exitCode: 6,
    check: (ran) =>
      expect(ran.document()).toMatchObject({
        error: { code: 'E_TIMEOUT' },
        probes: expect.arrayContaining([
          expect.objectContaining({ error: expect.objectContaining({ code: 'E_HANDSHAKE_TIMEOUT' }) }),
        ]) as unknown,
      }),
  },
  {
    title: 'why: --unchoke-timeout is kept',
    argv: ({ choking, torrent }) => ['why', choking, '-t', torrent, '--unchoke-timeout', '200ms', '--json'],
    exitCode: 6,
    check: (ran) =>
      expect(ran.document()).toMatchObject({
        error: { code: 'E_UNCHOKE_TIMEOUT' },
        causes: [{ code: 'never-unchoked' }],
      }),
  },
]
