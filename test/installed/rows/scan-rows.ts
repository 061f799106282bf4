import { writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { schemaErrors } from '../../support/reports/schema.ts'
import type { Row } from './row.ts'
import type { Places } from './world.ts'

/** Writes a list of peers, and returns its path. */
function list({ folder }: Places, ...lines: readonly string[]): void {
  writeFileSync(`${folder}/peers.txt`, `${lines.join('\n')}\n`)
}

const usual: Row['prepare'] = (places) =>
  list(places, '# peers', `${places.server} =label`, 'nonsense', `${places.seeder} ${places.hash}`)

const scanOf = ({ folder }: Places, ...flags: readonly string[]) => ['scan', `${folder}/peers.txt`, ...flags]

const linesOf = (stdout: Buffer): readonly string[] => stdout.toString().trimEnd().split('\n')

/** `scan`: every flag, and each form of its output. */
export const SCAN_ROWS: readonly Row[] = [
  {
    title: 'scan: a line for each peer, a bad one reported with its number, and a summary',
    prepare: usual,
    argv: (places) =>
      scanOf(
        places,
        '-t',
        places.torrent,
        '--concurrency',
        '2',
        '--rate',
        '100',
        '--no-color',
        '-v',
        '--ascii',
      ),
    exitCode: 2,
    check: ({ stdout, stderr }) => {
      const text = stdout.toString()
      expect(text).toMatch(/^ok +127\.0\.0\.1:\d+ +=label +/m)
      expect(text).toContain('2 of 2 peers ok, 1 line without a valid peer')
      expect(text).toContain('2 TCP')
      expect(stderr).toContain('line 3: nonsense has no port')
    },
  },
  {
    title: 'scan: --ndjson has a document for each peer, and the summary is on stderr',
    prepare: usual,
    argv: (places) => scanOf(places, '-i', places.hash, '--ndjson', '--settle', '0s', '--wait', '2s'),
    exitCode: 2,
    check: ({ stdout, stderr }) => {
      const documents = linesOf(stdout).map((line) => JSON.parse(line) as unknown)
      expect(documents).toHaveLength(2)
      expect(documents).toContainEqual(
        expect.objectContaining({ schema: 'peerwire.connect/1', ok: true, line: 2, label: '=label' }),
      )
      expect(stderr).toContain('2 of 2 peers ok')
    },
  },
  {
    title: 'scan: redacted, with lines that cannot be read',
    prepare: usual,
    argv: (places) => scanOf(places, '-i', places.hash, '--ndjson', '--redact', '--settle', '0s'),
    exitCode: 2,
    check: ({ stdout, stderr }, { places }) => {
      for (const line of linesOf(stdout)) {
        const document = JSON.parse(line) as unknown
        expect(schemaErrors('scan-event', document)).toBeNull()
        expect(document).toMatchObject({ ok: true, target: { host: '192.0.2.1' } })
      }
      expect(stderr).toMatch(/line 3: peer-\d+\.invalid has no port/)
      expect(`${stdout.toString()}${stderr}`).not.toMatch(
        new RegExp(`=label|nonsense|127\\.0\\.0\\.1|${places.hash}`),
      )
    },
  },
  {
    title: 'scan: --csv has a header and a record for each peer, and no formula',
    prepare: usual,
    argv: (places) => scanOf(places, '--csv', '-q', '--connect-timeout', '2s'),
    exitCode: 2,
    check: ({ stdout, stderr }) => {
      const [head, ...records] = stdout.toString().trimEnd().split('\r\n')
      expect(head).toMatch(/^line,peer,label,ok,/)
      expect(records).toHaveLength(2)
      expect(stdout.toString()).toContain(`,'=label,true,0,ok,`)
      expect(stderr).toMatch(/^peerwire: scan: 2 of 2 peers ok, 1 line without a valid peer \(exit 2\)\n$/)
    },
  },
  {
    title: 'scan: --json is the summary',
    prepare: (places) => list(places, places.server, places.silent),
    argv: (places) =>
      scanOf(places, '-i', places.hash, '--json', '--handshake-timeout', '300ms', '--color', 'never'),
    exitCode: 4,
    check: (ran) =>
      expect(ran.document()).toMatchObject({
        schema: 'peerwire.scan/1',
        complete: true,
        peers: 2,
        outcomes: { ok: 1, timeout: 1 },
        transports: { tcp: 1 },
      }),
  },
  {
    title: 'scan: a template for each peer, and how we connect',
    prepare: (places) => list(places, places.server),
    argv: (places) => [
      ...scanOf(places, '-i', places.hash, '-w', '%{line} %{session.encryption} %{choking.peerChoking}\\n'),
      ...['-4', '--source', '127.0.0.9', '--encryption', 'require', '--transport', 'tcp', '--interested'],
      ...['--unchoke-timeout', '5s', '--peer-id', '-XX0000-', '--no-fast', '--no-extensions', '--dht'],
    ],
    exitCode: 0,
    check: ({ stdout }) => expect(stdout.toString()).toBe('1 mse-plaintext false\n'),
  },
  {
    title: 'scan: an expectation about each peer, over IPv6, in lines',
    prepare: (places) => list(places, places.seederV6),
    argv: (places) =>
      scanOf(places, '-i', places.hash, '-6', '--expect', 'availability.percent<50', '--format', 'line'),
    exitCode: 1,
    check: ({ stdout }) => expect(linesOf(stdout)).toHaveLength(1),
  },
  {
    title: 'scan: through a proxy, which resolves the name',
    prepare: (places) => list(places, `peer.invalid:${places.seederPort}`),
    argv: (places) => scanOf(places, '-t', places.torrent, '--proxy', `socks5://${places.proxy}`, '-q'),
    exitCode: 0,
    check: ({ stdout, stderr }) => expect(`${stdout.toString()}${stderr}`).toBe(''),
  },
  {
    title: 'scan: v2 of a hybrid torrent',
    prepare: (places) => list(places, places.hybridServer),
    argv: (places) => scanOf(places, '-t', places.hybrid, '--v2', '--ndjson'),
    exitCode: 0,
    check: ({ stdout }) => expect(linesOf(stdout)).toHaveLength(1),
  },
  {
    title: 'scan: --timeout ends it, and what was found by then is reported',
    prepare: (places) => list(places, places.silent, places.server),
    argv: (places) => scanOf(places, '-i', places.hash, '--timeout', '3s', '--json'),
    exitCode: 6,
    check: (ran) =>
      expect(ran.document()).toMatchObject({
        error: { code: 'E_TIMEOUT' },
        complete: false,
        peers: 1,
        unfinished: 1,
      }),
  },
  {
    title: 'scan: a list that is not there',
    argv: (places) => scanOf(places),
    exitCode: 9,
    check: ({ stdout, stderr }) => expect(`${stdout.toString()}${stderr}`).toContain('cannot read'),
  },
]
