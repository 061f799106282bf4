import { describe, expect, test } from 'vitest'
import { FetchingPiece } from '../../../../src/session/download/fetching-piece.ts'

const RANGE = { piece: 3, begin: 100, length: 40_000 }
const BLOCKS = [
  { piece: 3, begin: 100, length: 16_384 },
  { piece: 3, begin: 16_484, length: 16_384 },
  { piece: 3, begin: 32_868, length: 7232 },
] as const

test('the blocks of a range are asked for in order, and received in any', () => {
  const fetching = new FetchingPiece(RANGE)
  expect([10, 11, 12, 13].map((at) => fetching.askNext(at))).toStrictEqual([...BLOCKS, undefined])
  expect(BLOCKS.map((range) => fetching.blockAt(range))).toStrictEqual([0, 1, 2])
  expect([0, 1, 2].map((block) => fetching.requestOf(block))).toStrictEqual(BLOCKS)
  expect([0, 1, 2].map((block) => fetching.askedAt(block))).toStrictEqual([10, 11, 12])
  for (const block of [1, 2]) fetching.receive(block)
  expect([fetching.isComplete, fetching.asked]).toStrictEqual([false, 1])
  fetching.receive(0)
  expect([fetching.isComplete, fetching.asked]).toStrictEqual([true, 0])
})

describe('bytes that are not a block of the range', () => {
  test.each([
    { name: 'another piece', piece: 4, begin: 100, length: 16_384 },
    { name: 'before the range', piece: 3, begin: 0, length: 16_384 },
    { name: 'past the range', piece: 3, begin: 49_252, length: 16_384 },
    { name: 'between two blocks', piece: 3, begin: 16_384, length: 16_384 },
    { name: 'too short', piece: 3, begin: 100, length: 16_383 },
    { name: 'too long', piece: 3, begin: 100, length: 16_385 },
    { name: 'longer than the rest', piece: 3, begin: 32_868, length: 16_384 },
    { name: 'empty', piece: 3, begin: 100, length: 0 },
  ])('$name', (range) => {
    expect(new FetchingPiece(RANGE).blockAt(range)).toBeUndefined()
  })
})

test('what is given up is asked for again, lowest first; what came is not', () => {
  const fetching = new FetchingPiece(RANGE)
  for (const at of [0, 1, 2]) fetching.askNext(at)
  fetching.receive(1)
  fetching.giveUp(2)
  expect(fetching.askNext(5)).toStrictEqual(BLOCKS[2])
  expect(fetching.giveUpBefore(Number.POSITIVE_INFINITY)).toStrictEqual([BLOCKS[0], BLOCKS[2]])
  expect([0, 1, 2].map((block) => fetching.stateOf(block))).toStrictEqual([
    'timed-out',
    'received',
    'timed-out',
  ])
  expect([6, 7, 8].map((at) => fetching.askNext(at))).toStrictEqual([BLOCKS[0], BLOCKS[2], undefined])
})

test('rejects are counted for each block', () => {
  const fetching = new FetchingPiece(RANGE)
  expect([0, 0, 1].map((block) => fetching.countReject(block))).toStrictEqual([1, 2, 1])
})
