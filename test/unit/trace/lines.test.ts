import { describe, expect, test } from 'vitest'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { encodeTraceEvent, encodeTraceHeader, TraceReader, MAX_TRACE_LINE } from '../../../src/trace/lines.ts'
import { extensionHandshake, makeTrace } from '../../support/captures/trace.ts'

const HEADER = { version: '1.2.3', startedAt: '2026-01-02T03:04:05.678Z' }
const EVENTS = makeTrace({}, [
  { in: extensionHandshake({ m: { ut_metadata: 2 }, v: 'x\u202ey' }) },
  { in: { type: 'bitfield', bits: 'f0' } },
  { out: { type: 'request', piece: 1, begin: 0, length: 16_384 } },
  { in: { type: 'piece', piece: 1, begin: 0, length: 16_384 } },
  { in: { type: 'malformed', id: 4, length: 1, reason: 'a "quoted"\u001b reason' } },
  { end: 'peer' },
])
const LINES = [encodeTraceHeader(HEADER), ...EVENTS.map((event, i) => encodeTraceEvent(event, i + 1))].map(
  (line) => line.slice(0, -1),
)

function readAll(lines: readonly string[]): readonly (TraceEvent | object | undefined)[] {
  const reader = new TraceReader()
  return lines.map((line) => reader.read(line))
}

test('what is written is read back', () => {
  const reader = new TraceReader()
  expect(LINES.flatMap((line) => reader.read(line) ?? [])).toStrictEqual(EVENTS)
  expect(reader.header).toStrictEqual(HEADER)
})

test('times are milliseconds with three decimals', () => {
  const event: TraceEvent = { at: 1500.123_456, type: 'suspended', durationMs: 1 }
  expect(JSON.parse(encodeTraceEvent(event, 7))).toMatchObject({ seq: 7, at: 1500.123 })
})

test('every line is printable ASCII', () => {
  for (const line of LINES) expect(line).toMatch(/^[ -~]+$/)
})

describe('a line that is not part of a trace is named with the reason', () => {
  const [header = '', first = ''] = LINES
  test.each([
    ['an empty line', [''], { line: 1, reason: 'not a JSON object' }],
    ['a list', ['[1]'], { line: 1, reason: 'not a JSON object' }],
    [
      'another schema',
      ['{"schema":"x"}'],
      { line: 1, reason: 'not a trace: its schema is not peerwire.trace/1' },
    ],
    ['a gap', [header, LINES[2] ?? ''], { line: 2, reason: 'event 1 is missing' }],
    [
      'time that goes back',
      [header, first, LINES[2]?.replace('"at":1', '"at":-1') ?? ''],
      { line: 3, reason: expect.stringContaining('at:') },
    ],
    [
      'an unknown type',
      [header, '{"seq":1,"at":0,"type":"x"}'],
      { line: 2, reason: expect.stringContaining('type: expected') },
    ],
    [
      'a wrong member',
      [header, first.replace('"tcp"', '7')],
      { line: 2, reason: 'transport: expected string' },
    ],
    [
      'hex that is not',
      [header, first, LINES[2]?.replace('"infoHash":"01', '"infoHash":"0g') ?? ''],
      { line: 3, reason: expect.stringContaining('handshake.infoHash') },
    ],
    [
      'a line without end',
      ['{'.repeat(5_000_000)],
      { line: 1, reason: `longer than ${MAX_TRACE_LINE} characters` },
    ],
  ] as const)('%s', (_, lines, defect) => {
    expect(readAll(lines).at(-1)).toStrictEqual(defect)
  })

  test('a later version may add keys', () => {
    expect(readAll([header, first.replace('}', ',"new":1}')]).at(-1)).toMatchObject({ type: 'connected' })
  })
})
