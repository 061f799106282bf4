import { expect, test } from 'vitest'
import type { AttemptReport, SessionReport } from '../../../src/report/model/session.ts'
import { sessionLine } from '../../../src/report/text/session/session-line.ts'
import { connectReport, OK_ATTEMPT } from '../../support/reports/reports.ts'

const closed: AttemptReport = {
  ...OK_ATTEMPT,
  outcome: 'closed',
  phase: 'handshake',
  closedBy: 'peer',
  closeKind: 'fin',
}
const reset: AttemptReport = { ...closed, outcome: 'reset', closeKind: 'rst' }
const refused: AttemptReport = { ...closed, outcome: 'refused', closedBy: null, closeKind: null }

const ROWS: readonly {
  readonly before: readonly AttemptReport[]
  readonly session: SessionReport['session']
  readonly line: string | undefined
}[] = [
  { before: [], session: null, line: undefined },
  { before: [], session: { transport: 'tcp', encryption: 'plaintext' }, line: 'TCP, plaintext' },
  {
    before: [],
    session: { transport: 'utp', encryption: null },
    line: 'uTP, encryption unknown (the capture begins later)',
  },
  {
    before: [closed],
    session: { transport: 'tcp', encryption: 'rc4' },
    line: 'TCP, RC4 (it closed on plaintext)',
  },
  {
    before: [reset],
    session: { transport: 'tcp', encryption: 'mse-plaintext' },
    line: 'TCP, plaintext after MSE (plaintext was reset)',
  },
  {
    before: [{ ...closed, encryption: 'rc4', outcome: 'encryption-failed', closedBy: 'us' }],
    session: { transport: 'tcp', encryption: 'plaintext' },
    line: 'TCP, plaintext (MSE failed)',
  },
  {
    before: [refused],
    session: { transport: 'utp', encryption: 'plaintext' },
    line: 'uTP, plaintext (TCP was refused)',
  },
  {
    before: [{ ...refused, outcome: 'timeout' }],
    session: { transport: 'utp', encryption: 'plaintext' },
    line: 'uTP, plaintext (TCP was not answered)',
  },
  {
    before: [
      closed,
      { ...closed, encryption: 'rc4', outcome: 'encryption-failed' },
      { ...closed, transport: 'utp', closeReason: { code: 13, name: 'protocol_blocked' } },
    ],
    session: { transport: 'utp', encryption: 'rc4' },
    line: 'uTP, RC4 (it closed on plaintext over TCP, it closed on MSE over TCP, it closed on plaintext with reason protocol_blocked)',
  },
  {
    before: [{ ...closed, closedBy: 'network', closeKind: null, outcome: 'lost' }],
    session: { transport: 'utp', encryption: 'plaintext' },
    line: 'uTP, plaintext (plaintext over TCP was lost)',
  },
  // other places, and sessions that worked, say nothing of this way
  {
    before: [{ ...refused, address: '192.0.2.7' }, { ...refused, port: 1 }, OK_ATTEMPT],
    session: { transport: 'tcp', encryption: 'plaintext' },
    line: 'TCP, plaintext',
  },
]

test.each(ROWS)('$line', ({ before, session, line }) => {
  const last: AttemptReport = {
    ...OK_ATTEMPT,
    transport: session?.transport ?? 'tcp',
    encryption: session?.encryption ?? 'plaintext',
  }
  expect(sessionLine(connectReport({ session, attempts: [...before, last] }))).toBe(line)
})
