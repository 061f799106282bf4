import { expect, test } from 'vitest'
import { blockCount, requestOf, splitIntoBlocks } from '../../../src/session/block.ts'
import { blockKey } from '../../../src/wire/message/block-key.ts'

test.each([
  { begin: 0, length: 1, expected: [[0, 1]] },
  { begin: 0, length: 16_384, expected: [[0, 16_384]] },
  {
    begin: 0,
    length: 16_385,
    expected: [
      [0, 16_384],
      [16_384, 1],
    ],
  },
  {
    begin: 100,
    length: 40_000,
    expected: [
      [100, 16_384],
      [16_484, 16_384],
      [32_868, 7232],
    ],
  },
  { begin: 0xffff_ffff, length: 1, expected: [[0xffff_ffff, 1]] },
])('$length bytes from $begin', ({ begin, length, expected }) => {
  const requests = splitIntoBlocks({ piece: 3, begin, length })
  expect(requests.map((request) => [request.begin, request.length])).toStrictEqual(expected)
  expect(requests.every(({ piece }) => piece === 3)).toBe(true)
  expect(blockCount(length)).toBe(expected.length)
})

test.each([
  { piece: 0, begin: 0, length: 0 },
  { piece: 0, begin: 0, length: -1 },
  { piece: 0, begin: 0.5, length: 1 },
  { piece: -1, begin: 0, length: 1 },
  { piece: 2 ** 32, begin: 0, length: 1 },
  { piece: 0, begin: 0xffff_ffff, length: 2 },
  { piece: 0, begin: 0, length: Number.POSITIVE_INFINITY },
])('$piece/$begin/$length is no range', (range) => {
  expect(() => splitIntoBlocks(range)).toThrow(RangeError)
})

test('a block answers its request', () => {
  const request = requestOf({ piece: 1, begin: 2, data: new Uint8Array(3) })
  expect(request).toStrictEqual({ piece: 1, begin: 2, length: 3 })
  expect(blockKey(request)).toBe(blockKey({ length: 3, begin: 2, piece: 1 }))
  expect(blockKey(request)).not.toBe(blockKey({ piece: 12, begin: 2, length: 3 }))
})

test('every range has a key of its own', () => {
  const numbers = [0, 1, 16_384, 2 ** 21 - 1, 2 ** 21, 2 ** 32 - 16_384, 2 ** 32 - 1]
  const ranges = numbers.flatMap((piece) =>
    numbers.flatMap((begin) => numbers.map((length) => ({ piece, begin, length }))),
  )
  expect(new Set(ranges.map((range) => blockKey(range))).size).toBe(ranges.length)
})
