import { expect, test } from 'vitest'
import { failureVerdict } from '../../../../src/report/text/session/verdict.ts'
import type { AttemptReport } from '../../../../src/report/model/session.ts'
import { refusedReport } from '../../../support/reports/reports.ts'

const report = refusedReport()

function verdictOf(change: (attempt: AttemptReport) => Partial<AttemptReport>): string | undefined {
  const attempts = report.attempts.map((attempt) => ({ ...attempt, ...change(attempt) }))
  return failureVerdict({ ...report, attempts })
}

test.each<[what: string, verdict: string, change: (attempt: AttemptReport) => Partial<AttemptReport>]>([
  ['a port of this machine', 'refused, nothing listens there', () => ({})],
  ['the same over IPv6', 'refused, nothing listens there', () => ({ address: '::1' })],
  [
    'a port of another machine, where a firewall may say the same',
    'refused: nothing listens there, or a firewall rejects',
    () => ({ address: '203.0.113.7' }),
  ],
  [
    'a client that answers uTP with a RESET is there',
    'the connection was refused',
    ({ transport }) => ({ closeKind: transport === 'utp' ? 'rst' : null }),
  ],
  [
    'uTP without an answer does not decide',
    'the connection was refused',
    ({ transport, outcome }) => ({ outcome: transport === 'utp' ? 'timeout' : outcome }),
  ],
])('%s: %s', (_, verdict, change) => {
  expect(verdictOf(change)).toBe(verdict)
})
