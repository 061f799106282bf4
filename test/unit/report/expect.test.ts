import { verdictOf } from '../../../src/report/judge.ts'
import { describe, expect, test } from 'vitest'
import { evaluate, parseExpectation, withExpectations } from '../../../src/report/expect.ts'
import { connect } from '../../../src/report/model/connect.ts'
import { connectReport, failedReport, failure, SESSION, SPARE_BITS } from '../../support/reports/reports.ts'

const parse = (expression: string) => parseExpectation(expression, connect)

const HOLDS = [
  ['availability.percent>=100', true],
  ['availability.percent>100', false],
  ['availability.percent<=100', true],
  ['availability.percent<100', false],
  ['availability.have=129', true],
  ['availability.have=129.0', true],
  ['availability.have!=128', true],
  ['handshake.features~fast', true],
  ['handshake.features~fas', false],
  ['!handshake.features~v2', true],
  ['handshake.peerId.client=libtorrent', true],
  ['handshake.peerId.client = libtorrent', true],
  ['handshake.peerId.client=qBittorrent', false],
  ['handshake.peerId.text~^-LT', true],
  ['timing.handshakeMs<500', true],
  ['timing.dnsMs<500', false],
  ['timing.dnsMs=null', true],
  ['extensionHandshake.extensions.ut_metadata', true],
  ['extensionHandshake.extensions.ut_metadata=2', true],
  ['extensionHandshake.extensions.i2p_pex', false],
  ['extensionHandshake.extensions.with.dots=9', true],
  ['extensionHandshake.raw.complete_ago=-1', true],
  ['extensionHandshake.raw.yourip=7f000001', true],
  ['extensionHandshake.uploadOnly=true', true],
  ['extensionHandshake.uploadOnly', true],
  ['!choking.peerChoking', true],
  ['!dhtPort', true],
  ['dhtPort', false],
  ['dhtPort!=6881', true],
  ['attempts.0.outcome=ok', true],
  ['attempts.1.outcome=ok', false],
  ['fast.allowedFast~54', true],
  ['fast.allowedFast~5', false],
  ['messages.received.have-all>=1', true],
  ['exitCode=0', true],
  ['!error', true],
] as const

test.each(HOLDS)('%s: %s', (expression, held) => {
  const extensions = { ...SESSION.extensionHandshake?.extensions, 'with.dots': 9 }
  const extensionHandshake = SESSION.extensionHandshake && { ...SESSION.extensionHandshake, extensions }
  const result = evaluate(connectReport({ extensionHandshake }), parse(expression))
  expect(result).toMatchObject({ expression, held })
})

const REFUSED = [
  [
    'availability.procent>=100',
    'no document has "availability.procent"; did you mean "availability.percent"?',
  ],
  ['avail.percent>=100', 'no document has "avail"'],
  [
    'handshake.peerId.clinet=x',
    'no document has "handshake.peerId.clinet"; did you mean "handshake.peerId.client"?',
  ],
  ['exitcode=4', 'no document has "exitcode"; did you mean "exitCode"?'],
  ['attempts.first.outcome=ok', 'no document has "attempts.first"'],
  ['block.bytes=5', 'no document has "block"'],
  ['exitCode==4', '"exitCode": write "=", not "=="'],
  ['exitCode=four', 'exitCode is a number, but "four" is not'],
  ['availability.percent>=', '"availability.percent>=" has no value to compare with'],
  ['handshake.peerId.client>5', '">" needs a number, but handshake.peerId.client is not a number'],
  ['timing.handshakeMs~5', '"~" needs a list or a text, but timing.handshakeMs is neither'],
  ['handshake.peerId.text~[', '"[" is not a regular expression'],
  [
    'availability.source=haveall',
    'availability.source is never "haveall"; it is one of have-all, have-none, bitfield, haves, none',
  ],
  ['attempts.0.outcome!=tiemout', /^attempts\.0\.outcome is never "tiemout"/],
  ['', '"" is not an expectation'],
  ['>5', '">5" is not an expectation'],
  ['a b', '"a b" is not an expectation'],
] as const

test.each(REFUSED)('%s is refused', (expression, message) => {
  expect(() => parse(expression)).toThrow(expect.objectContaining({ code: 'E_BAD_EXPECTATION' }))
  expect(() => parse(expression)).toThrow(message)
})

describe('the exit code of a report that is held against expectations', () => {
  const reset = failure('E_HANDSHAKE_RESET', 'handshake', 'reset')
  const failed = failedReport(reset, { outcome: 'reset' })
  const broken = connectReport({ findings: [SPARE_BITS] })
  const rows = [
    { name: 'all hold', report: connectReport(), expressions: ['availability.percent=100'], exitCode: 0 },
    {
      name: 'one of two is missed',
      report: connectReport(),
      expressions: ['dhtPort', 'exitCode=0'],
      exitCode: 1,
    },
    { name: 'a failure without expectations', report: failed, expressions: [], exitCode: 4 },
    { name: 'a failure that was wanted', report: failed, expressions: ['exitCode=4'], exitCode: 0 },
    {
      name: 'a failure that was wanted by a range',
      report: failed,
      expressions: ['exitCode>=3'],
      exitCode: 0,
    },
    { name: 'another failure than the wanted one', report: failed, expressions: ['exitCode=3'], exitCode: 4 },
    {
      name: 'a failure, and expectations about other things',
      report: failed,
      expressions: ['!handshake'],
      exitCode: 4,
    },
    {
      name: 'a wanted failure and a miss',
      report: failed,
      expressions: ['exitCode=4', 'dhtPort'],
      exitCode: 4,
    },
    {
      name: 'a success where a failure was wanted',
      report: connectReport(),
      expressions: ['exitCode=4'],
      exitCode: 1,
    },
    { name: 'an error finding', report: broken, expressions: ['dhtPort=null'], exitCode: 1 },
    { name: 'an error finding that was wanted', report: broken, expressions: ['exitCode=1'], exitCode: 0 },
  ]
  test.each(rows)('$name: $exitCode', ({ report, expressions, exitCode }) => {
    const result = withExpectations(report, expressions.map(parse), verdictOf)
    expect(result).toMatchObject({ exitCode, ok: exitCode === 0 })
    expect(result.expectations).toHaveLength(expressions.length)
  })

  test('a forgiven failure still says what happened', () => {
    expect(withExpectations(failed, [parse('exitCode=4')], verdictOf).error).toStrictEqual(reset)
  })

  test.each([
    ['an interruption', 'E_INTERRUPTED', 130],
    ['a termination', 'E_TERMINATED', 143],
    ['a bug of ours', 'E_INTERNAL', 70],
  ] as const)('%s is never forgiven', (_, code, exitCode) => {
    const stopped = failedReport(failure(code, 'connect', 'stopped'), {})
    for (const expression of [`exitCode=${exitCode}`, 'exitCode>=3'])
      expect(withExpectations(stopped, [parse(expression)], verdictOf)).toMatchObject({ ok: false, exitCode })
  })

  test('a miss is reported as expected and actual', () => {
    const result = withExpectations(connectReport(), [parse('availability.percent<50')], verdictOf)
    expect(result.expectations).toStrictEqual([
      { expression: 'availability.percent<50', held: false, expected: '< 50', actual: 100 },
    ])
    expect(result.error).toStrictEqual({
      code: 'E_CHECK_FAILED',
      phase: 'done',
      message: 'an expectation was not met: availability.percent<50',
      hint: null,
    })
  })
})
