import { expect, test } from 'vitest'
import { Ladder } from '../../../../src/report/evidence/ladder.ts'
import { Throughput } from '../../../../src/report/evidence/throughput.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'

const message = (type: 'sent' | 'received', at: number, what: object): TraceEvent =>
  ({ type, at, offset: at, length: 17, what: 'message', message: what }) as TraceEvent

const request = (at: number) =>
  message('sent', at, { type: 'request', piece: 0, begin: at * 16_384, length: 16_384 })
const block = (at: number, of: number) =>
  message('received', at, { type: 'piece', piece: 0, begin: of * 16_384, length: 16_384 })

test('a run of requests is one row, and a message of another type begins a new one', () => {
  const ladder = new Ladder()
  for (const at of [1, 2, 3]) ladder.step(request(at))
  ladder.step(message('received', 4, { type: 'choke' }))
  ladder.step(request(5))
  expect(ladder.first.map(({ count, until, bytes }) => [count, until, bytes])).toStrictEqual([
    [3, 3, 51],
    [1, 4, 17],
    [1, 5, 17],
  ])
  expect(ladder.leftOut).toBe(0)
})

test('the first 300 rows and the last 100 are kept, and the others are counted', () => {
  const ladder = new Ladder()
  for (let at = 0; at < 1000; at++)
    ladder.step(message('received', at, { type: at % 2 === 0 ? 'choke' : 'unchoke' }))
  expect(ladder.first).toHaveLength(300)
  expect(ladder.last).toHaveLength(100)
  expect(ladder.last.at(-1)?.event.at).toBe(999)
  expect(ladder.leftOut).toBe(600)
})

test('blocks are counted by the time since the first request, with their latency', () => {
  const throughput = new Throughput()
  throughput.step(request(0))
  throughput.step(request(1))
  throughput.step(block(5, 0))
  throughput.step(block(31, 1))
  expect(throughput.intervals.map(({ blocks, slowest }) => [blocks, slowest])).toStrictEqual([
    [1, 5],
    [0, 0],
    [0, 0],
    [1, 30],
  ])
})

test('the number of intervals does not grow with the session', () => {
  const throughput = new Throughput()
  for (let at = 0; at < 1_000_000; at += 100) {
    throughput.step(request(at))
    throughput.step(block(at + 3, at))
  }
  expect(throughput.intervals.length).toBeLessThanOrEqual(120)
  expect(throughput.intervals.reduce((sum, { blocks }) => sum + blocks, 0)).toBe(10_000)
})
