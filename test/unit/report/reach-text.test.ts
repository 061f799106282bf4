import { describe, expect, test } from 'vitest'
import { reachVerdict } from '../../../src/diagnose/reach/verdict.ts'
import type { PathReport, ReachReport } from '../../../src/report/model/reach.ts'
import { displayWidth } from '../../../src/report/text/page/columns.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { renderReachText } from '../../../src/report/text/probing/reach.ts'
import { STARTED_AT } from '../../support/reports/reports.ts'

function path(state: PathReport['state'], changes: Partial<PathReport> = {}): PathReport {
  return {
    transport: 'tcp',
    family: 4,
    address: '203.0.113.7',
    state,
    proof: null,
    service: null,
    evidence: [],
    ms: null,
    ...changes,
  }
}

function reportOf(...paths: readonly PathReport[]): ReachReport {
  const { text, detail, advice, code } = reachVerdict(paths) ?? {
    text: 'not tried',
    detail: null,
    advice: null,
    code: null,
  }
  return {
    schema: 'peerwire.reach/1',
    version: '0.1.0',
    ok: code === null,
    exitCode: code === null ? 0 : 4,
    error: code === null ? null : { code, phase: 'handshake', message: detail ?? text, hint: advice },
    verdict: text,
    startedAt: STARTED_AT.toISOString(),
    redacted: null,
    target: {
      input: 'seed.example:51413',
      host: 'seed.example',
      port: 51_413,
      address: '203.0.113.7',
      family: 4,
    },
    paths,
    connections: 3,
    totalMs: 4100,
    expectations: [],
  }
}

test('closed between two machines may be a firewall, which is not between a machine and itself', () => {
  const closed = (address: string) =>
    reachVerdict([path('closed', { address }), path('closed', { transport: 'utp', address })])?.text
  expect(closed('203.0.113.7')).toBe('closed: nothing listens on this port, or a firewall rejects')
  expect(closed('127.0.0.1')).toBe('closed: nothing listens on this port')
  expect(closed('::1')).toBe('closed: nothing listens on this port')
})

const utp = { transport: 'utp' } as const
const six = { family: 6, address: null } as const

const HEALTHY = reportOf(
  path('bittorrent', {
    proof: 'key',
    ms: 41,
    evidence: ['encryption key: answered with its own, after the end of ours (2 times)'],
  }),
  path('bittorrent', { ...utp, proof: 'utp', ms: 43 }),
  path('no-address', six),
  path('no-address', { ...six, ...utp }),
)

const MUTE = reportOf(path('closes-at-once'), path('filtered', utp))

test('a client that answers fits on a few lines', () => {
  expect(`\n${renderReachText(HEALTHY, { ...PLAIN_PAPER, verbose: false })}`).toBe(`
✓ seed.example:51413  open, and a BitTorrent client answers                4.1 s

  tcp4          BitTorrent, proven by its encryption key                   41 ms
  utp4          BitTorrent, proven by its answer over uTP                  43 ms
  tcp6, utp6    the name has no IPv6 address

  From inside your own network this proves nothing: run it from another one.
`)
})

test('what a loopback address shows is said', () => {
  const target = { ...HEALTHY.target, address: '127.0.0.1' }
  const text = renderReachText({ ...HEALTHY, target }, { ...PLAIN_PAPER, verbose: false })
  expect(text).toContain('This shows that a client listens here, not that others can reach it.')
  expect(text).not.toContain('From inside your own network')
})

test('a client without an active torrent is described', () => {
  expect(`\n${renderReachText(MUTE, { ...PLAIN_PAPER, verbose: false })}`).toBe(`
✗ seed.example:51413  open, closes at once                                 4.1 s
  a BitTorrent client without an active torrent, at its limit, or one that
  filters us looks like this
  Try: start a torrent in the client, and look again

  tcp4          open, closes at once
  utp4          no answer: no uTP there, or UDP is filtered
`)
})

test('addresses of one family are told apart', () => {
  const two = reportOf(path('closed', { ms: 12 }), path('silent', { address: '203.0.113.8' }))
  const text = renderReachText(two, { ...PLAIN_PAPER, verbose: false })
  expect(text).toContain('  tcp4          203.0.113.7: refused ')
  expect(text).toContain('  tcp4          203.0.113.8: open, silent\n')
})

const STATES = [
  'other-service',
  'unknown-service',
  'closes-at-once',
  'closes',
  'silent',
  'closed',
  'filtered',
  'rejected',
  'unreachable',
  'not-tried',
] as const

describe.each(STATES)('%s', (state) => {
  const service = state === 'other-service' ? 'SSH' : null
  const evidence = [
    'handshake in steps: closed after our 48 bytes, nothing came',
    'silence: nothing came in 10.0 s',
  ]
  const report = reportOf(
    path(state, { service, evidence, ms: 1234 }),
    path(state === 'other-service' || state.startsWith('closes') ? 'closed' : state, { ...utp, evidence }),
  )

  test.each([40, 50, 60, 80, 120])('fits on %i columns, in ASCII too', (width) => {
    for (const verbose of [false, true]) {
      const lines = renderReachText(report, { width, ascii: false, color: false, verbose }).split('\n')
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width)
      expect(renderReachText(report, { width, ascii: true, color: false, verbose })).toMatch(/^[\n -~]*$/)
    }
  })

  test('a failure fits on 12 lines', () => {
    const text = renderReachText(report, { ...PLAIN_PAPER, verbose: false })
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(12)
  })
})
