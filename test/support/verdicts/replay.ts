import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { diagnose } from '../../../src/diagnose/diagnose.ts'
import type { SessionReport } from '../../../src/report/model/session.ts'
import { Redactor } from '../../../src/report/redact/redactor.ts'
import { joinSessions } from '../../../src/run/metadata/join-sessions.ts'
import { SessionRecord } from '../../../src/run/session/record.ts'
import { sessionReport } from '../../../src/run/session/report.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../src/trace/lines.ts'
import { traceEvents } from '../captures/trace-file.ts'

/** Other tests of the process have deadlines. */
const EVENTS_A_TURN = 50

type PeerReport = SessionReport & { readonly schema: string }

/** Fails when a trace, written to a file and read back, does not come to the report of its session, findings included. */
export async function expectReplay(report: PeerReport, events: readonly TraceEvent[]): Promise<void> {
  const lines = [encodeTraceHeader({ version: '0', startedAt: '' })]
  for (const event of events) lines.push(encodeTraceEvent(event, lines.length))
  await expectReplayOf(report, lines.join(''))
}

/** The same for a trace as it was written. */
export async function expectReplayOf(report: PeerReport, trace: string): Promise<void> {
  const sessions: SessionReport[] = []
  const events: TraceEvent[] = []
  let record = new SessionRecord()
  for (const event of traceEvents(trace)) {
    events.push(event)
    record.step(event)
    if (event.type === 'finished') {
      sessions.push(sessionReport(record))
      // `metadata` may hold a second session for the piece layers
      record = new SessionRecord()
    }
    if (events.length % EVENTS_A_TURN === 0) await setImmediate()
  }
  const { torrent, ...replayed } = sessions.reduce(joinSessions)
  // `metadata` does not pass a given .torrent to its session, and reports it all the same
  const again = report.schema === 'peerwire.metadata/1' ? replayed : { ...replayed, torrent }
  const live = Object.fromEntries(Object.keys(again).map((key) => [key, report[key as keyof SessionReport]]))
  // a difference is looked for only when there is one: reports can be large
  if (JSON.stringify(again) !== JSON.stringify(live))
    expect(JSON.parse(JSON.stringify(again))).toStrictEqual(JSON.parse(JSON.stringify(live)))
  expect(diagnose(events)).toStrictEqual(report.findings)
  expect(judgements(diagnose(redacted(events)))).toStrictEqual(judgements(report.findings))
}

/** The trace as `--redact` writes it. */
function redacted(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const redactor = new Redactor(new Uint8Array(32), [])
  return events.flatMap((event) => redactor.events(event))
}

/** What findings say of a peer, apart from their details, which name things. */
function judgements(findings: readonly { readonly id: string; readonly severity: string }[]) {
  return findings.map(({ id, severity }) => `${id}: ${severity}`)
}
