import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import type { SessionReport } from '../../../src/report/model/session.ts'
import { SessionRecord } from '../../../src/run/session/record.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../src/trace/lines.ts'
import { traceEvents } from '../trace-file.ts'

/** Other tests of the process have deadlines. */
const EVENTS_A_TURN = 50

/** Fails when a trace, written to a file and read back, does not come to the report of its session, findings included. */
export async function expectReplay(
  report: SessionReport & { readonly schema: string },
  events: readonly TraceEvent[],
): Promise<void> {
  // `metadata` may hold a second session for the piece layers, and reports the first
  if (events.filter(({ type }) => type === 'finished').length !== 1) return
  const lines = [encodeTraceHeader({ version: '0', startedAt: '' })]
  for (const event of events) lines.push(encodeTraceEvent(event, lines.length))
  const record = new SessionRecord()
  let read = 0
  for (const event of traceEvents(lines.join(''))) {
    record.step(event)
    if (++read % EVENTS_A_TURN === 0) await setImmediate()
  }
  const { torrent, ...replayed } = record.report()
  // `metadata` does not tell its session of a .torrent that was given, and reports it all the same
  const again = report.schema === 'peerwire.metadata/1' ? replayed : { ...replayed, torrent }
  const live = Object.fromEntries(Object.keys(again).map((key) => [key, report[key as keyof SessionReport]]))
  // a difference is looked for only when there is one: reports can be large
  if (JSON.stringify(again) === JSON.stringify(live)) return
  expect(JSON.parse(JSON.stringify(again))).toStrictEqual(JSON.parse(JSON.stringify(live)))
}
