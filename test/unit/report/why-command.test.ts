import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { renderConnectText } from '../../../src/report/text/connect.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { whyCommand } from '../../../src/report/text/session/why-command.ts'
import { connectReport, failedReport, failure, SESSION } from '../../support/reports/reports.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'

describe('the command that finds the cause', () => {
  test.each<[ErrorCode, boolean]>([
    ['E_CONNECT_REFUSED', true],
    ['E_CONNECT_TIMEOUT', true],
    ['E_HANDSHAKE_CLOSED', true],
    ['E_SESSION_RESET', true],
    ['E_BLOCK_TIMEOUT', true],
    ['E_NAME_NOT_FOUND', false],
    ['E_PROXY_FAILED', false],
    ['E_PIECE_HASH', false],
    ['E_LOCAL_FIREWALL', false],
    ['E_INTERRUPTED', false],
    ['E_CHECK_FAILED', false],
  ])('%s: %s', (code, isNamed) => {
    const error = failure(code, 'connect', 'it failed')
    const expected = isNamed ? `peerwire why 127.0.0.1:7001 -i ${HASH}` : undefined
    expect(whyCommand({ ...SESSION, error })).toBe(expected)
  })

  test.each([
    ['2001:db8::7', `peerwire why [2001:db8::7]:7001 -i ${HASH}`],
    ['a;rm -rf ~', undefined],
    [null, undefined],
  ])('host %s', (host, expected) => {
    const error = failure('E_CONNECT_REFUSED', 'connect', 'it failed')
    expect(whyCommand({ ...SESSION, target: { ...SESSION.target, host }, error })).toBe(expected)
  })
})

test.each([40, 60, 80, 120])('what is printed on %i columns can be pasted', (width) => {
  const error = failure('E_CONNECT_REFUSED', 'connect', 'it failed')
  const target = { ...SESSION.target, host: '2001:db8::7' }
  const report = connectReport({ target }, error)
  const text = renderConnectText(report, { ...PLAIN_PAPER, width, verbose: false, hasWhy: true })
  const pasted = /peerwire why (?:.*\\\n)*.*/.exec(text)?.[0].replaceAll(/\\\n\s*/g, '')
  expect(pasted).toBe(whyCommand(report))
})

test.each([
  ['debian.torrent', '-t debian.torrent'],
  ['../files/x-1.torrent', '-t ../files/x-1.torrent'],
  ['two words.torrent', `-i ${HASH}`],
  ['-x.torrent', `-i ${HASH}`],
])('it names the .torrent that was given, %s, where no quotes are needed', (path, named) => {
  const error = failure('E_CONNECT_REFUSED', 'connect', 'it failed')
  expect(whyCommand({ ...SESSION, error }, path)).toBe(`peerwire why 127.0.0.1:7001 ${named}`)
})

test('it is below the advice, and only if there is such a command', () => {
  const report = failedReport(failure('E_HANDSHAKE_CLOSED', 'handshake', 'the peer closed', 'look at it'), {})
  const text = (hasWhy: boolean) => renderConnectText(report, { ...PLAIN_PAPER, verbose: false, hasWhy })
  expect(text(false)).not.toContain('peerwire why')
  expect(text(true)).toContain(`  Try: look at it\n       peerwire why 127.0.0.1:7001 -i ${HASH}\n`)
  expect(text(true).trimEnd().split('\n').length).toBeLessThanOrEqual(12)
  const healthy = renderConnectText(connectReport(), { ...PLAIN_PAPER, verbose: false, hasWhy: true })
  expect(healthy).not.toContain('peerwire why')
})
