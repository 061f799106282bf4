import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connectionFailure } from '../../../src/net/socket-errors.ts'
import type { TransportEnd } from '../../../src/net/transport.ts'
import { renderTraceLine } from '../../../src/report/trace-lines.ts'
import { renderConnectText } from '../../../src/report/text/connect.ts'
import type { EncryptionMode } from '../../../src/run/options.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { encodeMessages } from '../../../src/wire/message/message.ts'
import { FakeTransport } from '../../support/transports/fake-transport.ts'
import { sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { INFO_HASH, theirHandshake } from '../../support/sessions/session.ts'
import { VirtualClock } from '../../support/transports/virtual-clock.ts'
import { connect } from '../../support/verdicts/commands.ts'

const TIMED_OUT = connectionFailure(Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' }))
const UNANSWERED: TransportEnd = {
  by: 'us',
  kind: null,
  failure: { type: 'unanswered', detail: 'the peer acknowledged nothing during 6 consecutive timeouts' },
}

/** Connects to a peer that sends these bytes, and whose connection then ends like that after ten quiet seconds. */
async function connectThrough(bytes: Uint8Array, end: TransportEnd, encryption: EncryptionMode) {
  const clock = new VirtualClock()
  const transport = new FakeTransport()
  const trace: TraceEvent[] = []
  const options = {
    ...sessionOptions({ host: '127.0.0.1', port: 1 }, { infoHashes: { v1: INFO_HASH, v2: undefined } }),
    handshakeTimeoutMs: 60_000,
    trace: (event: TraceEvent) => trace.push(event),
    encryption,
    interested: true,
    settleMs: 300,
    waitMs: 5000,
  }
  const dials = { count: 0 }
  const done = connect(options, {
    ...testPorts(),
    clock,
    dial: () => {
      dials.count++
      return Promise.resolve(transport)
    },
  })
  for (let i = 0; i < 20; i++) await turn()
  if (bytes.length > 0) transport.deliver(bytes)
  clock.advance(10_000)
  transport.close(end)
  return { report: await done, trace, dials: dials.count }
}

const OPEN = Buffer.concat([theirHandshake(['fast']), encodeMessages([{ type: 'have-all' }])])

describe('a connection that neither side closed', () => {
  test.each<[string, Uint8Array, TransportEnd, EncryptionMode, object]>([
    [
      'lost before a byte',
      new Uint8Array(),
      TIMED_OUT,
      'auto',
      { outcome: 'lost', phase: 'handshake', code: 'E_HANDSHAKE_LOST', exitCode: 4 },
    ],
    [
      'lost in the encryption handshake',
      new Uint8Array(),
      TIMED_OUT,
      'prefer',
      { outcome: 'lost', phase: 'encryption', code: 'E_HANDSHAKE_LOST', exitCode: 4 },
    ],
    [
      'lost after the handshake',
      OPEN,
      TIMED_OUT,
      'off',
      { outcome: 'lost', phase: 'choking', code: 'E_SESSION_LOST', exitCode: 6 },
    ],
    [
      'unanswered before a byte',
      new Uint8Array(),
      UNANSWERED,
      'auto',
      { outcome: 'timeout', phase: 'handshake', code: 'E_HANDSHAKE_TIMEOUT', exitCode: 4 },
    ],
    [
      'unanswered after the handshake',
      OPEN,
      UNANSWERED,
      'off',
      { outcome: 'timeout', phase: 'choking', code: 'E_SESSION_TIMEOUT', exitCode: 6 },
    ],
  ])('%s: nobody is blamed for it', async (_, bytes, end, encryption, expected) => {
    const { report, trace, dials } = await connectThrough(bytes, end, encryption)
    const { error, exitCode, attempts, findings } = report
    const [attempt] = attempts
    expect({ ...attempt, code: error?.code, exitCode }).toMatchObject(expected)
    expect(attempt).toMatchObject({ closedBy: end.by, closeKind: null })
    expect(dials).toBe(1)
    const detail = end.failure?.detail ?? ''
    expect(error?.message).toContain(detail)
    expect(trace.find(({ type }) => type === 'closed')).toMatchObject({
      by: end.by,
      kind: null,
      reason: detail,
    })
    expect(findings.map(({ id }) => id).filter((id) => id.startsWith('closed'))).toStrictEqual([])
    const lines = trace.map((event) => renderTraceLine(event, 0, PLAIN_PAPER))
    const text = `${renderConnectText(report, { ...PLAIN_PAPER, verbose: true })}\n${lines.join('\n')}`
    expect(text).not.toMatch(/closed by|hung up|\breset\b|the peer closed/)
  })
})
