import { describe, expect, test } from 'vitest'
import { RangeFetch } from '../../../../src/session/download/range-fetch.ts'

const RANGE = { piece: 3, begin: 100, length: 40_000 }
const BLOCKS = [
  { piece: 3, begin: 100, length: 16_384 },
  { piece: 3, begin: 16_484, length: 16_384 },
  { piece: 3, begin: 32_868, length: 7232 },
] as const

function block(index: 0 | 1 | 2): Uint8Array {
  return new Uint8Array(BLOCKS[index].length).fill(index + 1)
}

test('blocks in any order fill the range; latencies are of each request', () => {
  const fetching = new RangeFetch(RANGE, 2)
  expect(fetching.next(10)).toStrictEqual([BLOCKS[0], BLOCKS[1]])
  expect(fetching.next(11)).toStrictEqual([])
  expect(fetching.received(3, BLOCKS[1].begin, block(1), 30)).toBe('taken')
  expect(fetching.next(31)).toStrictEqual([BLOCKS[2]])
  expect(fetching.received(3, BLOCKS[2].begin, block(2), 40)).toBe('taken')
  expect(fetching.isDone).toBe(false)
  expect(fetching.received(3, BLOCKS[0].begin, block(0), 50)).toBe('taken')
  expect(fetching.isDone).toBe(true)
  expect(fetching.answered.map(({ latencyMs }) => latencyMs)).toStrictEqual([20, 9, 40])
  expect([0, 16_383, 16_384, 32_768, 39_999].map((at) => fetching.data[at])).toStrictEqual([1, 1, 2, 3, 3])
})

describe('what was not asked is not taken', () => {
  const rows = [
    { name: 'another piece', piece: 4, begin: 100, length: 16_384 },
    { name: 'before the range', piece: 3, begin: 0, length: 16_384 },
    { name: 'past the range', piece: 3, begin: 40_100, length: 16_384 },
    { name: 'too short', piece: 3, begin: 100, length: 16_383 },
    { name: 'too long', piece: 3, begin: 100, length: 16_385 },
    { name: 'empty', piece: 3, begin: 100, length: 0 },
    { name: 'not asked yet', piece: 3, begin: 16_484, length: 16_384 },
  ]
  test.each(rows)('$name', ({ piece, begin, length }) => {
    const fetching = new RangeFetch(RANGE, 1)
    fetching.next(0)
    expect(fetching.received(piece, begin, new Uint8Array(length), 1)).toBe('unrequested')
    expect(fetching.received(3, 100, block(0), 1)).toBe('taken')
  })

  test('the same block twice', () => {
    const fetching = new RangeFetch(RANGE, 1)
    fetching.next(0)
    fetching.received(3, 100, block(0), 1)
    expect(fetching.received(3, 100, block(0), 1)).toBe('unrequested')
  })
})

test('a reject is asked again, first', () => {
  const fetching = new RangeFetch(RANGE, 2)
  fetching.next(0)
  expect(fetching.rejected(BLOCKS[2])).toBe(false)
  expect(fetching.rejected(BLOCKS[0])).toBe(true)
  expect(fetching.rejected(BLOCKS[0])).toBe(false)
  expect(fetching.next(1)).toStrictEqual([BLOCKS[0]])
})

test('what a choke dropped is asked again, in order, and a late answer is not taken', () => {
  const fetching = new RangeFetch(RANGE, 2)
  fetching.next(0)
  fetching.dropped()
  expect(fetching.received(3, 100, block(0), 1)).toBe('unrequested')
  expect(fetching.next(2)).toStrictEqual([BLOCKS[0], BLOCKS[1]])
})
