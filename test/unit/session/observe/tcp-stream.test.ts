import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KEPT_BYTES_OVERHEAD, MAX_EARLY_PACKETS } from '../../../../src/base/limits.ts'
import { EarlyMemory } from '../../../../src/session/observe/stream-sink.ts'
import { TcpStream } from '../../../../src/session/observe/tcp-stream.ts'
import { StreamRecorder } from '../../../support/utp/stream-recorder.ts'

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i)

/** Bytes `from` to `to` of the stream, whose SYN has the number before `isn`; or an acknowledgement up to a place. */
type Step =
  | readonly [from: number, to: number, missing?: number]
  | { readonly ack: number }
  | { readonly fin: number }
  | 'flush'

interface Setup {
  readonly isn?: number
  readonly syn?: boolean
  readonly limit?: number
}

function play(steps: readonly Step[], { isn = 0, syn = true, limit = 1e6 }: Setup = {}) {
  const recorder = new StreamRecorder()
  const stream = new TcpStream(recorder, new EarlyMemory(limit))
  const number = (place: number) => (isn + 1 + place) >>> 0
  if (syn) stream.syn(isn)
  for (const step of steps) {
    if (step === 'flush') stream.flush(0)
    else if ('ack' in step) stream.acknowledged(0, number(step.ack))
    else if ('fin' in step) stream.fin(0, number(step.fin))
    else {
      const [from, to, missing = 0] = step
      stream.segment(0, { sequence: number(from), payload: BYTES.slice(from, to), missing })
    }
  }
  return recorder.items
}

const whole = (from: number, to: number) => BYTES.slice(from, to)

describe.each([
  ['', 0],
  [' across the wrap', 0xffff_fff0],
])('segments%s', (_, isn) => {
  test.each<readonly [string, readonly Step[], readonly unknown[]]>([
    [
      'in order',
      [
        [0, 10],
        [10, 20],
      ],
      [whole(0, 20)],
    ],
    [
      'reordered',
      [
        [10, 20],
        [20, 30],
        [0, 10],
      ],
      [whole(0, 30)],
    ],
    [
      'repeated',
      [
        [0, 10],
        [0, 10],
        [10, 20],
        [0, 20],
      ],
      [whole(0, 20)],
    ],
    [
      'repeated while early',
      [
        [10, 20],
        [10, 20],
        [0, 10],
      ],
      [whole(0, 20)],
    ],
    [
      'overlapping',
      [
        [0, 10],
        [5, 15],
        [12, 20],
      ],
      [whole(0, 20)],
    ],
    [
      'overlapping while early',
      [
        [10, 20],
        [15, 30],
        [5, 12],
        [0, 8],
      ],
      [whole(0, 30)],
    ],
    [
      'joined when sent again',
      [
        [0, 10],
        [20, 30],
        [10, 30],
      ],
      [whole(0, 30)],
    ],
    [
      'one that is longer when it comes again early',
      [
        [10, 15],
        [10, 30],
        [0, 10],
      ],
      [whole(0, 30)],
    ],
    ['a FIN', [[0, 10], { fin: 10 }], [whole(0, 10), 'fin']],
    ['a FIN before the last data', [{ fin: 10 }, [0, 10]], [whole(0, 10), 'fin']],
    ['nothing after a FIN', [{ fin: 10 }, [0, 10], [10, 20]], [whole(0, 10), 'fin']],
    [
      'a keep-alive of one old byte',
      [
        [0, 10],
        [9, 10],
        [10, 20],
      ],
      [whole(0, 20)],
    ],
    [
      'lost, which the other side did not get either',
      [[0, 10], [20, 30], { ack: 10 }, [30, 40], [40, 50], { ack: 10 }, [10, 20]],
      [whole(0, 50)],
    ],
    [
      'lost by the capture',
      [[0, 10], [20, 30], [30, 40], [40, 50], { ack: 50 }, [50, 60]],
      [whole(0, 10), 10, whole(20, 60)],
    ],
    ['acknowledged before it was captured', [[0, 10], [20, 30], { ack: 30 }, [10, 20]], [whole(0, 30)]],
    [
      'lost at the end',
      [[0, 10], [20, 30], { fin: 40 }, 'flush'],
      [whole(0, 10), 10, whole(20, 30), 10, 'fin'],
    ],
    [
      'two holes',
      [[0, 10], [20, 30], [40, 50], 'flush'],
      [whole(0, 10), 10, whole(20, 30), 10, whole(40, 50)],
    ],
    [
      'cut by the snap length',
      [
        [0, 5, 5],
        [10, 20],
      ],
      [whole(0, 5), 5, whole(10, 20)],
    ],
    [
      'cut, and repeated',
      [
        [0, 5, 5],
        [0, 5, 5],
        [10, 15, 5],
      ],
      [whole(0, 5), 5, whole(10, 15), 5],
    ],
  ])('%s', (_name, steps, items) => {
    expect(play(steps, { isn })).toStrictEqual(items)
  })
})

test('a stream that begins inside has no gap before its first segment', () => {
  expect(
    play(
      [
        [50, 60],
        [40, 50],
        [60, 70],
      ],
      { syn: false },
    ),
  ).toStrictEqual([whole(50, 70)])
})

test('another SYN is that of another connection, a repeated one is not', () => {
  const stream = new TcpStream(new StreamRecorder(), new EarlyMemory(100))
  expect(stream.contradicts(7)).toBe(false)
  stream.syn(7)
  expect(stream.contradicts(7)).toBe(false)
  expect(stream.contradicts(8)).toBe(true)
})

test('early segments have a bound, in bytes and in number', () => {
  expect(
    play(
      [
        [0, 10],
        [20, 30],
        [40, 50],
        [60, 70],
      ],
      { limit: 2 * KEPT_BYTES_OVERHEAD + 25 },
    ),
  ).toStrictEqual([whole(0, 10), 10, whole(20, 30)])
  const many = Array.from({ length: MAX_EARLY_PACKETS + 1 }, () => 0)
  const recorder = new StreamRecorder()
  const stream = new TcpStream(recorder, new EarlyMemory(1e6))
  stream.syn(0)
  for (const [i] of many.entries())
    stream.segment(0, { sequence: 11 + 2 * i, payload: whole(0, 1), missing: 0 })
  expect(recorder.items).toStrictEqual([10, whole(0, 1)])
})

test('memory is released', () => {
  const memory = new EarlyMemory(10)
  for (let i = 0; i < 100; i++) {
    const stream = new TcpStream(new StreamRecorder(), memory)
    stream.syn(0)
    stream.segment(0, { sequence: 6, payload: whole(0, 10), missing: 0 })
    if (i % 2 === 0) stream.segment(0, { sequence: 1, payload: whole(0, 5), missing: 0 })
    else stream.fin(0, 1)
  }
  expect(memory.isFull).toBe(false)
})

test('however segments are cut, repeated and shuffled, the stream is the same', () => {
  const cuts = fc.array(fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 40 })), { maxLength: 20 })
  fc.assert(
    fc.property(cuts, fc.nat(0xffffffff), fc.array(fc.nat()), (pieces, isn, order) => {
      const covering = Array.from({ length: 10 }, (_, i) => [10 * i, 10 * i + 10] as const)
      const steps = [
        ...covering,
        ...pieces.map(([from, length]) => [from, Math.min(100, from + length)] as const),
      ]
      for (const [i, at] of order.entries()) {
        const [moved] = steps.splice(at % steps.length, 1)
        if (moved !== undefined) steps.splice(i % steps.length, 0, moved)
      }
      expect(play([...steps, { fin: 100 }], { isn })).toStrictEqual([BYTES, 'fin'])
    }),
  )
})
