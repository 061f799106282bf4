import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SessionRecord } from '../../src/run/session/record.ts'
import { sessionReport } from '../../src/run/session/report.ts'
import type { TraceEvent } from '../../src/trace/event.ts'
import { asStep, eventsOf, isTransfers, type TraceStep } from '../../src/trace/transfers.ts'
import { knownTorrent, makeTrace, type Step } from '../support/captures/trace.ts'

const BLOCK = 16_384

/** Messages are a millisecond apart. */
const CHUNK_MS = 8

const block = fc.record({
  piece: fc.nat({ max: 1 }),
  begin: fc.constantFrom(0, BLOCK),
  length: fc.constantFrom(BLOCK, 1),
})
const request = block.map((range): Step => ({ out: { type: 'request', ...range } }))
const piece = block.map((range): Step => ({ in: { type: 'piece', ...range } }))
const other = fc.constantFrom<Step>(
  { in: { type: 'choke' } },
  { in: { type: 'unchoke' } },
  { in: { type: 'reject', piece: 0, begin: 0, length: BLOCK } },
  { in: { type: 'request', piece: 0, begin: 0, length: BLOCK } },
  { in: { type: 'have-all' } },
  { out: { type: 'interested' } },
  { out: { type: 'piece', piece: 0, begin: 0, length: BLOCK } },
  { waitMs: 500 },
)
const steps = fc.array(fc.oneof({ weight: 5, arbitrary: request }, { weight: 5, arbitrary: piece }, other), {
  maxLength: 30,
})

/** A session of these steps, in chunks: a few messages at a time. */
function session(taken: readonly Step[]): TraceEvent[] {
  const attempt = { address: '127.0.0.1', family: 4, transport: 'tcp', variant: 'plaintext' } as const
  const events = makeTrace({}, [...taken, { waitMs: 500 }, { end: 'peer' }])
  const all = [knownTorrent({ pieceCount: 2 }), { at: 0, type: 'attempt', ...attempt } as const, ...events]
  return all.map((event) => ({ ...event, at: CHUNK_MS * Math.floor(event.at / CHUNK_MS) }))
}

/** The same events, with the transfers of each chunk in runs. */
function inRuns(events: readonly TraceEvent[]): TraceStep[] {
  const steps: TraceStep[] = []
  for (const event of events) {
    const step = asStep(event)
    const last = steps.at(-1)
    const joined = last === undefined ? undefined : join(last, step)
    if (joined === undefined) steps.push(step)
    else steps[steps.length - 1] = joined
  }
  return steps
}

function join(a: TraceStep, b: TraceStep): TraceStep | undefined {
  if (!isTransfers(a) || !isTransfers(b) || a.type !== b.type || a.at !== b.at) return undefined
  return { ...a, length: a.length + b.length, blocks: [...a.blocks, ...b.blocks] }
}

test('a session has the same report, however its transfers are divided into runs', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const events = session(taken)
      const runs = inRuns(events)
      const [eventByEvent, runByRun] = [new SessionRecord(), new SessionRecord()]
      for (const event of events) eventByEvent.step(event)
      for (const step of runs) runByRun.step(step)
      expect(sessionReport(runByRun)).toStrictEqual(sessionReport(eventByEvent))
      expect(runs.flatMap(eventsOf)).toStrictEqual(events)
    }),
  )
})
