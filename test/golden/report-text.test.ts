import { describe, expect, test } from 'vitest'
import { renderJson } from '../../src/report/json.ts'
import type { Envelope } from '../../src/report/model/envelope.ts'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../src/report/model/fetch-block.ts'
import { renderConnectText } from '../../src/report/text/connect.ts'
import { renderFetchBlockText } from '../../src/report/text/fetch-block.ts'
import { renderFetchText } from '../../src/report/text/fetch.ts'
import { renderMetadataText } from '../../src/report/text/metadata.ts'
import { displayWidth } from '../../src/report/text/page/columns.ts'
import { type TextOptions } from '../../src/report/text/page/page.ts'
import { PLAIN_PAPER } from '../../src/report/text/page/paper.ts'
import {
  connectReport,
  failedReport,
  failure,
  fetchBlockReport,
  fetchReport,
  METADATA,
  metadataReport,
  OK_ATTEMPT,
  refusedReport,
  SESSION,
  SPARE_BITS,
  SUPER_SEEDING,
  WHOLE_FETCH,
} from '../support/reports/reports.ts'

const half = {
  source: 'bitfield',
  pieceCount: 129,
  have: 66,
  percent: 51.16,
  bitfield: `${'ff'.repeat(4)}${'00'.repeat(6)}${'f0'.repeat(6)}80`,
  ranges: '0-31,80-83',
} as const

/** A peer that puts into its strings whatever could hurt a terminal, and more keys than anybody reads. */
const hostile = connectReport({
  torrent: {
    ...SESSION.torrent,
    name: '\u001b]0;owned\u0007\u202egnp.exe',
    pieceCount: null,
    pieceLength: null,
  },
  extensionHandshake: SESSION.extensionHandshake && {
    ...SESSION.extensionHandshake,
    client: `\u001b[2J${'新'.repeat(300)}`,
    raw: {
      '\u001b[31m': 1,
      m: { [`\u202e${'x'.repeat(80)}`]: 9 },
      v: { hex: 'ff'.repeat(500) },
      list: [{ a: '\u0000' }],
      ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key ${i}`, i])),
    },
  },
  availability: { ...half, pieceCount: null, have: null, percent: null, ranges: null },
})

const BLOCK = {
  piece: 3,
  offset: 0,
  length: 32_768,
  bytes: 32_768,
  sha1: 'ab'.repeat(20),
  output: 'block.bin',
  verified: 'piece-sha1',
  verifiedDetail: null,
  proof: null,
  requests: [
    { offset: 0, length: 16_384, latencyMs: 1.5 },
    { offset: 16_384, length: 16_384, latencyMs: 2.25 },
  ],
} as const

const closed = failure(
  'E_HANDSHAKE_CLOSED',
  'handshake',
  'the peer closed the connection 12 ms after our handshake, without sending a byte',
  'the torrent may be unknown or stopped there, or the peer wants encryption',
)
const twoAttempts = {
  target: { input: 'seed.example:6881', host: 'seed.example', port: 6881, address: '2001:db8::7', family: 6 },
  attempts: [
    {
      ...OK_ATTEMPT,
      address: '192.0.2.7',
      outcome: 'timeout',
      phase: 'connect',
      bytesSent: 0,
      bytesReceived: 0,
      closedBy: null,
      closeKind: null,
      elapsedMs: 5000,
      error: failure('E_CONNECT_TIMEOUT', 'connect', 'no answer in 5 s'),
    },
    { ...OK_ATTEMPT, address: '2001:db8::7', startedMs: 5000, elapsedMs: 401 },
  ],
  timing: { ...connectReport().timing, startedMs: 5000, totalMs: 5401 },
} as const

const unknown = failure(
  'E_HANDSHAKE_CLOSED',
  'handshake',
  'the peer closed the connection after 0 bytes in and 68 bytes out, giving its reason as invalid_info_hash (257): it does not have this torrent',
  'check the info hash, and that the torrent is loaded in that client',
)
const refusedByTcp = { outcome: 'closed', closedBy: 'peer', bytesSent: 68, error: closed } as const
/** TCP is closed twice, and uTP with a reason. */
const unknownTorrent = failedReport(unknown, refusedByTcp, {
  attempts: [
    { ...OK_ATTEMPT, ...refusedByTcp, phase: 'handshake', bytesReceived: 0 },
    { ...OK_ATTEMPT, ...refusedByTcp, phase: 'encryption', encryption: 'rc4', outcome: 'encryption-failed' },
    {
      ...OK_ATTEMPT,
      ...refusedByTcp,
      phase: 'handshake',
      transport: 'utp',
      closeReason: { code: 257, name: 'invalid_info_hash' },
      error: unknown,
    },
  ],
})

const CONNECT: readonly {
  readonly name: string
  readonly report: ConnectReport
  readonly verbose?: boolean
}[] = [
  { name: 'seed', report: connectReport() },
  { name: 'seed-verbose', report: connectReport(), verbose: true },
  { name: 'half', report: connectReport({ availability: half, ...twoAttempts }) },
  { name: 'findings', report: connectReport({ findings: [SPARE_BITS, SUPER_SEEDING] }) },
  {
    name: 'expectations',
    report: connectReport({
      expectations: [
        { expression: 'availability.percent>=100', held: true, expected: '>= 100', actual: 100 },
        {
          expression: 'handshake.peerId.client=qBittorrent',
          held: false,
          expected: '= qBittorrent',
          actual: 'libtorrent',
        },
        { expression: 'dhtPort', held: false, expected: 'present', actual: null },
      ],
    }),
  },
  {
    name: 'bare',
    report: connectReport({
      extensionHandshake: null,
      identity: { byPeerId: 'libtorrent', byVersionString: null, byBehaviour: null, conflict: false },
      fast: null,
      choking: { amChoking: true, amInterested: true, peerChoking: true, peerInterested: true },
      availability: {
        source: 'none',
        pieceCount: 129,
        have: 0,
        percent: 0,
        bitfield: '00'.repeat(17),
        ranges: '',
      },
      messages: { received: {}, sent: { extended: 1, 'have-none': 1 } },
    }),
  },
  { name: 'hostile', report: hostile, verbose: true },
  {
    name: 'refused',
    report: refusedReport('check the port, and that the client listens on this address'),
  },
  { name: 'reason', report: unknownTorrent },
  { name: 'closed', report: failedReport(closed, { outcome: 'closed', closedBy: 'peer', bytesSent: 68 }) },
  {
    name: 'not-bittorrent',
    report: failedReport(
      failure(
        'E_NOT_BITTORRENT_SSH',
        'handshake',
        'the peer answers with an SSH banner, not with a BitTorrent handshake',
      ),
      { outcome: 'not-bittorrent', bytesSent: 68, bytesReceived: 41 },
    ),
  },
  {
    name: 'session-closed',
    report: connectReport(
      {},
      failure('E_SESSION_CLOSED', 'availability', 'the peer closed the connection after its bitfield'),
    ),
  },
  {
    name: 'interrupted',
    report: failedReport(failure('E_INTERRUPTED', 'connect', 'stopped by SIGINT'), {
      outcome: 'local-error',
      closedBy: null,
      closeKind: null,
    }),
  },
  {
    name: 'name-not-found',
    report: failedReport(
      failure('E_NAME_NOT_FOUND', 'resolve', 'nowhere.example does not resolve to an address'),
      {},
      {
        attempts: [],
        target: { input: 'nowhere.example:1', host: 'nowhere.example', port: 1, address: null, family: null },
      },
    ),
  },
]

const BLOCKS: readonly {
  readonly name: string
  readonly report: FetchBlockReport
  readonly verbose?: boolean
}[] = [
  { name: 'verified', report: fetchBlockReport(BLOCK) },
  {
    name: 'not-verified',
    report: fetchBlockReport({
      ...BLOCK,
      output: '-',
      verified: 'none',
      verifiedDetail: 'without a .torrent there is no hash to hold it against',
      requests: BLOCK.requests.slice(0, 1),
    }),
    verbose: true,
  },
  {
    name: 'choked',
    report: fetchBlockReport(
      null,
      { choking: { amChoking: true, amInterested: true, peerChoking: true, peerInterested: false } },
      failure(
        'E_UNCHOKE_TIMEOUT',
        'choking',
        'the peer did not unchoke us in 35 s',
        'give it longer with --unchoke-timeout 2m',
      ),
    ),
  },
]

const FETCHES = [
  { name: 'whole', report: fetchReport() },
  {
    name: 'bad-pieces',
    report: fetchReport(
      {
        ...WHOLE_FETCH,
        fetched: 60,
        bad: Array.from({ length: 30 }, (_, i) => i * 3),
        refused: [97],
        unavailable: '120-128',
        unavailableCount: 9,
        complete: false,
        chokes: 2,
        rejects: 64,
        timedOut: 1,
      },
      {},
      failure(
        'E_PIECE_HASH',
        'transfer',
        '127.0.0.1:7001 sent bad data: pieces 0, 3, 6 and more do not have the hash of the torrent',
        'nothing of it was written; fetch it from another peer with the same -o',
      ),
    ),
  },
  {
    name: 'sample',
    report: fetchReport({
      ...WHOLE_FETCH,
      output: null,
      wantedCount: 20,
      alreadyThere: 0,
      fetched: 20,
      sample: { asked: 20, served: 20 },
    }),
  },
  {
    name: 'nothing-to-do',
    report: fetchReport(
      { ...WHOLE_FETCH, alreadyThere: 129, fetched: 0, bytes: 0, latency: null },
      { attempts: [] },
    ),
  },
]

const METADATAS = [
  { name: 'torrent', report: metadataReport() },
  {
    name: 'without-piece-layers',
    report: metadataReport({
      ...METADATA,
      version: 'hybrid',
      pieceLayers: {
        complete: false,
        error: {
          code: 'E_HASHES_REJECTED',
          phase: 'transfer',
          message: 'the peer rejected the hash request',
          hint: null,
        },
      },
    }),
  },
  {
    name: 'hostile',
    report: metadataReport({
      ...METADATA,
      name: { hex: 'ff'.repeat(300) },
      fileCount: 200_000,
      files: Array.from({ length: 50 }, (_, i) => ({
        path: `a\u202e%1B[2J/${'x'.repeat(i * 10)}`,
        length: 2 ** i,
      })),
      private: true,
      output: null,
    }),
  },
]

type Render = (options: TextOptions) => string

const PAGES: readonly {
  readonly file: string
  readonly report: Envelope<string>
  readonly verbose?: boolean
  readonly render: Render
}[] = [
  ...FETCHES.map((row) => ({
    ...row,
    file: `fetch-${row.name}`,
    render: (options: TextOptions) => renderFetchText(row.report, options),
  })),
  ...METADATAS.map((row) => ({
    ...row,
    file: `metadata-${row.name}`,
    render: (options: TextOptions) => renderMetadataText(row.report, options),
  })),
  ...CONNECT.map((row) => ({
    ...row,
    file: `connect-${row.name}`,
    render: (options: TextOptions) => renderConnectText(row.report, options),
  })),
  ...BLOCKS.map((row) => ({
    ...row,
    file: `fetch-block-${row.name}`,
    render: (options: TextOptions) => renderFetchBlockText(row.report, options),
  })),
]

describe.each(PAGES)('$file', ({ file, report, verbose = false, render }) => {
  const options = { ...PLAIN_PAPER, verbose }

  test('reads as the page in expected/', async () => {
    await expect(render(options)).toMatchFileSnapshot(`expected/${file}.txt`)
  })

  test('fits 80 columns and holds no control character', () => {
    const lines = render(options).split('\n')
    expect(lines.filter((line) => displayWidth(line) > PLAIN_PAPER.width)).toStrictEqual([])
    expect(lines.filter((line) => /[\p{C}]/u.test(line) || line !== line.trimEnd())).toStrictEqual([])
    expect(lines.at(-1)).toBe('')
  })

  test('begins with the verdict of the document', () => {
    const [first = '', ...more] = render({ ...options, width: 120 }).split('\n')
    expect(first).toMatch(/^[✓✗!] /)
    expect([first, more[0]?.trim()].join(' ').replace(/ +[\d.]+ m?s (?! )/, ' ')).toContain(report.verdict)
  })

  test.each([40, 60, 79, 120])('fits %i columns', (width) => {
    const lines = render({ ...options, width }).split('\n')
    // a terminal wraps an info hash, which is there to be copied
    const tooLong = lines.filter((line) => displayWidth(line) > width)
    expect(tooLong.filter((line) => !/^ +[\da-f]{40,64}$/.test(line))).toStrictEqual([])
    expect(lines.filter((line) => line !== line.trimEnd())).toStrictEqual([])
  })

  test('is ASCII where nothing else can be printed, and fits as well', () => {
    const text = render({ ...options, ascii: true })
    expect(text).toMatch(/^[\n -~]*$/)
    expect(text.split('\n').filter((line) => line.length > PLAIN_PAPER.width)).toStrictEqual([])
  })

  test('is the document in expected/ as JSON', async () => {
    await expect(renderJson(report)).toMatchFileSnapshot(`expected/${file}.json`)
  })
})

describe('at a glance', () => {
  const glanced = PAGES.filter(({ verbose }) => verbose !== true)

  test.each(glanced.filter(({ report }) => !report.ok))(
    '$file: a failure takes at most 12 lines',
    ({ render }) => {
      expect(
        render({ ...PLAIN_PAPER, verbose: false })
          .trimEnd()
          .split('\n').length,
      ).toBeLessThanOrEqual(12)
    },
  )

  test.each(glanced.filter(({ report }) => report.schema === 'peerwire.connect/1'))(
    '$file: fits a terminal of 80x24 above the prompt',
    ({ render }) => {
      expect(
        render({ ...PLAIN_PAPER, verbose: false })
          .trimEnd()
          .split('\n').length,
      ).toBeLessThanOrEqual(23)
    },
  )
})

describe.each([40, 60, 120])('%i columns', (width) => {
  const names = ['connect-seed', 'connect-half', 'connect-closed', 'fetch-bad-pieces', 'metadata-torrent']
  test.each(PAGES.filter(({ file }) => names.includes(file)))('$file', async ({ file, render }) => {
    const text = render({ ...PLAIN_PAPER, width, verbose: false })
    await expect(text).toMatchFileSnapshot(`expected/${file}-${width}.txt`)
  })
})

test('colours change nothing but colours', () => {
  const colored = renderConnectText(hostile, { ...PLAIN_PAPER, color: true, verbose: true })
  expect(colored).toContain('\u001b[')
  // oxlint-disable-next-line no-control-regex -- the escape sequences of colours are what is taken away
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(
    renderConnectText(hostile, { ...PLAIN_PAPER, verbose: true }),
  )
})
