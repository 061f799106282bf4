import { afterAll, describe, expect, test } from 'vitest'
import { concat, encodeUtf8 } from '../../../../src/base/bytes.ts'
import { sessionOptions } from '../../../../src/library/session.ts'
import { systemPorts } from '../../../../src/library/system-ports.ts'
import { systemClock } from '../../../../src/net/clock.ts'
import { recordCapture } from '../../../../src/net/capture/recorder.ts'
import type { ConnectReport } from '../../../../src/report/model/connect.ts'
import type { SessionReport } from '../../../../src/report/model/session.ts'
import { connect } from '../../../../src/run/connect.ts'
import { CONNECT_DEFAULTS } from '../../../../src/run/defaults.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../../src/trace/lines.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { expectCapture } from '../../../support/verdicts/recaptured.ts'
import { SERVED, serveSynthetic } from '../../../support/peers/library-serving.ts'

/** A live session, its capture and its trace: all three come to the same report. */

const serving = await serveSynthetic({ faults: [] })
const stopped = new AbortController()

afterAll(() => serving.stop())

interface Live {
  readonly report: ConnectReport
  readonly capture: Uint8Array
  readonly trace: Uint8Array
}

async function hold(how: {
  readonly transport?: 'tcp' | 'utp'
  readonly encryption?: 'off' | 'require'
}): Promise<Live> {
  const blocks: Uint8Array[] = []
  const lines: string[] = [encodeTraceHeader({ version: '0', startedAt: '' })]
  const capture = recordCapture({ clock: systemClock, epochMs: 0, write: (block) => blocks.push(block) })
  const session = await sessionOptions({
    host: '127.0.0.1',
    port: serving.port,
    torrent: SERVED.torrentBytes,
    ...how,
  })
  const report = await connect(
    {
      ...session,
      ...CONNECT_DEFAULTS,
      interested: true,
      capture,
      trace: (event) => lines.push(encodeTraceEvent(event, lines.length)),
    },
    await systemPorts({ write: () => Promise.resolve() }, stopped.signal),
  )
  return { report, capture: concat(blocks), trace: encodeUtf8(lines.join('')) }
}

/** What a capture cannot have: when we began to dial, what is not sent, and the statistics of uTP. */
function comparable({ timing, attempts, target, utp, expectations, torrent, ...rest }: SessionReport) {
  const { bytesSent, bytesReceived, closedBy, closeKind, outcome, phase, error } = attempts.at(-1) ?? {}
  const end = { closedBy, closeKind, outcome, phase, error }
  return {
    ...rest,
    end,
    bytes: [bytesSent, bytesReceived],
    unused: [timing, target, utp, expectations, torrent].length,
  }
}

const sessionOf = ({
  schema,
  version,
  ok,
  exitCode,
  error,
  verdict,
  startedAt,
  redacted,
  ...session
}: ConnectReport) => ({
  session,
  envelope: { schema, version, ok, exitCode, error, verdict, startedAt, redacted },
})

describe.each([
  ['TCP', { transport: 'tcp', encryption: 'off' }],
  ['uTP', { transport: 'utp', encryption: 'off' }],
] as const)('%s', (_, how) => {
  test('the capture and the trace of a session give its report', async () => {
    const live = await hold(how)
    const { session } = sessionOf(live.report)
    const ofTrace = await decodeBytes(live.trace)
    expect(ofTrace).toMatchObject({
      input: { format: 'trace' },
      verdict: live.report.verdict,
      ok: live.report.ok,
    })
    expect(JSON.parse(JSON.stringify(ofTrace.report))).toStrictEqual(JSON.parse(JSON.stringify(session)))
    const { torrent } = await sessionOptions({ host: 'x', port: 1, torrent: SERVED.torrentBytes })
    const ofCapture = await decodeBytes(live.capture, { torrent })
    expect(ofCapture.verdict).toBe(live.report.verdict)
    if (ofCapture.report === null) throw new Error('no report')
    expect(comparable(ofCapture.report)).toStrictEqual(comparable(session))
    expect(ofCapture.report.torrent).toStrictEqual(session.torrent)
  })
})

test('the clear text of an encrypted session gives the same, but for the encryption', async () => {
  const live = await hold({ transport: 'tcp', encryption: 'require' })
  const { report } = await decodeBytes(live.capture)
  expect(report?.messages).toStrictEqual(live.report.messages)
  expect(report?.handshake).toStrictEqual(live.report.handshake)
})

test('a capture that says something else than its session is noticed', async () => {
  const live = await hold({ transport: 'tcp', encryption: 'off' })
  const { torrent } = await sessionOptions({ host: 'x', port: 1, torrent: SERVED.torrentBytes })
  await expectCapture(live.report, live.capture, torrent)
  const other = { id: 'client-conflict', severity: 'info', title: '', detail: '', reference: '' } as const
  for (const changed of [
    { findings: [...live.report.findings, other] },
    { messages: { sent: {}, received: {} } },
    { client: null },
  ])
    await expect(expectCapture({ ...live.report, ...changed }, live.capture, torrent)).rejects.toThrow()
})

test.each([
  ['a line that is cut', '{"seq":1,"at":0,"type":"fini', /line 2 of the trace/],
  [
    'an event that is missing',
    encodeTraceEvent({ at: 0, type: 'finished' }, 2),
    /line 2 of the trace: event 1 is missing/,
  ],
])('a trace with %s ends in an error with its line', async (_, line, message) => {
  const report = await decodeBytes(encodeUtf8(encodeTraceHeader({ version: '0', startedAt: '' }) + line))
  expect(report).toMatchObject({
    exitCode: 2,
    error: { code: 'E_BAD_CAPTURE', message: expect.stringMatching(message) },
  })
})

test('a trace that ends in the middle has what is known', async () => {
  const live = await hold({ transport: 'tcp', encryption: 'off' })
  const lines = new TextDecoder().decode(live.trace).split('\n')
  const { report } = await decodeBytes(encodeUtf8(lines.slice(0, -3).join('\n')))
  expect(report?.handshake).toStrictEqual(live.report.handshake)
})
