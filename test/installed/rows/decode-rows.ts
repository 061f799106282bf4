import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { capturedSessions } from '../../support/captures/captured-session.ts'
import type { Row } from './row.ts'
import type { Places } from './world.ts'

/** `decode` as installed, on files. */

const capture = ({ folder }: Places) => join(folder, 'capture.pcapng')
const prepare = (places: Places) => writeFileSync(capture(places), capturedSessions())

const HASH = 'aa'.repeat(20)

export const DECODE_ROWS: readonly Row[] = [
  {
    title: 'decode: all connections of a capture',
    prepare,
    argv: (places) => ['decode', capture(places), '-v', '--color', 'always', '--ascii'],
    exitCode: 0,
    check: ({ stdout }) => {
      expect(stdout.toString()).toMatch(
        /^ {2}4 {2}tcp {2}192\.0\.2\.1:50002 -> 198\.51\.100\.9:6881\n {5}encrypted/m,
      )
      expect(stdout.toString()).toContain('not even with the info hash')
    },
  },
  {
    title: 'decode: one of them, traced, with an expectation',
    prepare,
    argv: (places) => [
      ...['decode', capture(places), '--connection', '2', '-i', HASH, '--trace', '--json'],
      ...['--expect', 'report.messages.received.piece=2'],
    ],
    exitCode: 0,
    check: (ran) => {
      expect(ran.document()).toMatchObject({ connection: 2, report: { session: { transport: 'utp' } } })
      expect(ran.stderr).toMatch(/← piece 1 0\+16384/)
    },
  },
  {
    title: 'decode: redacted',
    prepare,
    argv: (places) => ['decode', capture(places), '--connection', '2', '-i', HASH, '--redact', '--json'],
    exitCode: 0,
    check: (ran) => {
      expect(ran.document()).toMatchObject({ connection: 2, report: { session: { transport: 'utp' } } })
      expect(ran.document()).toHaveProperty('redacted')
      expect(ran.stdout.toString()).not.toMatch(new RegExp(`${HASH}|capture\\.pcapng`))
    },
  },
  {
    title: 'decode: written again, redacted',
    prepare,
    argv: (places) => [
      'decode',
      capture(places),
      '--redact',
      '--capture',
      join(places.folder, 'clean.pcapng'),
    ],
    exitCode: 0,
    check: (_ran, { places }) => {
      const clean = readFileSync(join(places.folder, 'clean.pcapng'), 'latin1')
      expect(clean).toContain('Redacted: addresses')
      expect(clean).not.toMatch(/GET \/|404 Not Found|\xaa{20}/)
    },
  },
  {
    title: 'decode: a capture is never written onto the input',
    prepare,
    argv: (places) => ['decode', capture(places), '--capture', capture(places)],
    exitCode: 2,
    check: ({ stderr }) => expect(stderr).toContain('--capture and FILE name the same file'),
  },
  {
    title: 'decode: by the address of one side, in a line',
    prepare,
    argv: (places) => ['decode', capture(places), '--filter', '198.51.100.9:6881', '--format', 'line'],
    exitCode: 0,
    check: ({ stdout }) => {
      expect(stdout.toString()).toMatch(/^(✓ \d {2}192\.0\.2\.1:\d+ → 198\.51\.100\.9:6881 {2}[^\n]+\n){3}$/)
    },
  },
  {
    title: 'decode: a torrent adds the piece count, and a template prints it',
    prepare: (places) => {
      const hash = Uint8Array.from(Buffer.from(places.hash, 'hex'))
      writeFileSync(capture(places), capturedSessions(undefined, hash))
    },
    argv: (places) => [
      ...['decode', capture(places), '--connection', '1', '-t', places.torrent],
      ...['-w', '%{report.torrent.pieceCount}'],
    ],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('8'),
  },
  {
    title: 'decode: a torrent that is not the one of the connection',
    prepare,
    argv: (places) => ['decode', capture(places), '--connection', '1', '-t', places.torrent],
    exitCode: 2,
    check: ({ stderr }) => expect(stderr).toContain('is about another torrent than the .torrent'),
  },
  {
    title: 'decode: a page about one connection',
    prepare,
    argv: (places) => [
      ...[
        'decode',
        capture(places),
        '--connection',
        '1',
        '--report',
        join(places.folder, 'decoded.html'),
        '-q',
      ],
    ],
    exitCode: 0,
    check: (_ran, { places }) => {
      const page = readFileSync(join(places.folder, 'decoded.html'), 'utf8')
      expect(page).toMatch(/<title>✓ 198\.51\.100\.9:6881: [^]*The conversation[^]*piece 0/)
    },
  },
  {
    title: 'decode: hex text',
    prepare: ({ folder }) => writeFileSync(join(folder, 'hex'), '00000005 04 00000007\n'),
    argv: ({ folder }) => ['decode', join(folder, 'hex'), '--hex'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toMatch(/byte 0 +have 7\n/),
  },
  {
    title: 'decode: quiet',
    prepare,
    argv: (places) => ['decode', capture(places), '-q', '--no-color'],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout).toHaveLength(0),
  },
]
