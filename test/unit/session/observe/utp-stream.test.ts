import { describe, expect, test } from 'vitest'
import { KEPT_BYTES_OVERHEAD, MAX_EARLY_PACKETS } from '../../../../src/base/limits.ts'
import { EarlyMemory } from '../../../../src/session/observe/stream-sink.ts'
import { UtpStream } from '../../../../src/session/observe/utp-stream.ts'
import { addSequence } from '../../../../src/wire/utp/sequence.ts'
import { StreamRecorder } from '../../../support/utp/stream-recorder.ts'

/** The data packet at a place, an acknowledgement of a place, or the FIN at one. */
type Step = number | { readonly ack: number } | { readonly fin: number } | 'flush'

function play(steps: readonly Step[], { first = 1, begin = true, limit = 1e6 } = {}) {
  const recorder = new StreamRecorder()
  const stream = new UtpStream(recorder, new EarlyMemory(limit))
  const number = (place: number) => addSequence(first, place)
  if (begin) stream.begin(number(0))
  for (const step of steps) {
    if (step === 'flush') stream.flush(0)
    else if (typeof step === 'number')
      stream.packet(0, { number: number(step), payload: Uint8Array.of(step, step), missing: 0, isFin: false })
    else if ('ack' in step) stream.acknowledged(0, number(step.ack))
    else stream.packet(0, { number: number(step.fin), payload: new Uint8Array(), missing: 0, isFin: true })
  }
  return recorder.items
}

const packets = (...places: readonly number[]) => Uint8Array.from(places.flatMap((place) => [place, place]))

describe.each([
  ['', 1],
  [' across the wrap', 0xfffe],
])('packets%s', (_, first) => {
  test.each<readonly [string, readonly Step[], readonly unknown[]]>([
    ['in order', [0, 1, 2], [packets(0, 1, 2)]],
    ['reordered', [2, 1, 0], [packets(0, 1, 2)]],
    ['repeated', [0, 0, 2, 2, 1, 1, 0], [packets(0, 1, 2)]],
    ['a FIN', [0, { fin: 1 }, 2], [packets(0), 'fin']],
    ['a FIN before the last data', [{ fin: 2 }, 0, 1], [packets(0, 1), 'fin']],
    // the receiver has 1 to 4 by its selective acknowledgements only: it waits for 0, and so do we
    ['lost, and sent again', [1, 2, 3, 4, { ack: -1 }, { ack: -1 }, 0], [packets(0, 1, 2, 3, 4)]],
    ['lost by the capture', [0, 2, 3, 4, { ack: 4 }, 5], [packets(0), '?', packets(2, 3, 4, 5)]],
    ['acknowledged before it was captured', [0, 2, { ack: 2 }, 1], [packets(0, 1, 2)]],
    ['lost at the end', [0, 2, { fin: 4 }, 'flush'], [packets(0), '?', packets(2), '?', 'fin']],
  ])('%s', (_name, steps, items) => {
    expect(play(steps, { first })).toStrictEqual(items)
  })
})

test('a stream that begins inside has no gap before its first packet', () => {
  expect(play([7, 8], { begin: false })).toStrictEqual([packets(7, 8)])
})

test('early packets have a bound, in bytes and in number', () => {
  expect(play([0, 2, 4, 6], { limit: 2 * KEPT_BYTES_OVERHEAD + 5 })).toStrictEqual([
    packets(0),
    '?',
    packets(2),
  ])
  const many = Array.from({ length: MAX_EARLY_PACKETS + 1 }, (_, i) => 2 * i + 5)
  expect(play(many)).toStrictEqual(['?', packets(5)])
})

test('memory is released', () => {
  const memory = new EarlyMemory(10)
  for (let i = 0; i < 100; i++) {
    const stream = new UtpStream(new StreamRecorder(), memory)
    stream.begin(1)
    stream.packet(0, { number: 2, payload: new Uint8Array(10), missing: 0, isFin: false })
    stream.packet(0, { number: 1, payload: new Uint8Array(1), missing: 0, isFin: i % 2 === 0 })
  }
  expect(memory.isFull).toBe(false)
})
