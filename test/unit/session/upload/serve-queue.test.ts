import { describe, expect, test } from 'vitest'
import { BLOCK_LENGTH } from '../../../../src/base/limits.ts'
import { ServeQueue, type Refusal, type ServedPieces } from '../../../../src/session/upload/serve-queue.ts'

/** Three pieces of two blocks and a bit; the last is one byte; piece 1 is not here. */
const PIECE_LENGTH = 2 * BLOCK_LENGTH + 100
const PIECES: ServedPieces = {
  pieceCount: 3,
  lengthOf: (piece) => (piece === 2 ? 1 : PIECE_LENGTH),
  has: (piece) => piece !== 1,
}
const UNCHOKED = { choking: false, allowedFast: () => false }
const CHOKED = { choking: true, allowedFast: (piece: number) => piece === 0 }

const block = (piece: number, begin = 0, length = BLOCK_LENGTH) => ({ piece, begin, length })

const REQUESTS: readonly { name: string; request: ReturnType<typeof block>; refusal: Refusal | undefined }[] =
  [
    { name: 'a block', request: block(0), refusal: undefined },
    { name: 'one byte', request: block(0, 5, 1), refusal: undefined },
    {
      name: 'the short block at the end of a piece',
      request: block(0, 2 * BLOCK_LENGTH, 100),
      refusal: undefined,
    },
    {
      name: 'one byte past the piece',
      request: block(0, 2 * BLOCK_LENGTH, 101),
      refusal: 'range-outside-piece',
    },
    { name: 'the last byte of the last piece', request: block(2, 0, 1), refusal: undefined },
    { name: 'two bytes of a piece of one', request: block(2, 0, 2), refusal: 'range-outside-piece' },
    { name: 'no bytes', request: block(0, 0, 0), refusal: 'empty-range' },
    { name: 'more than 16 KiB', request: block(0, 0, BLOCK_LENGTH + 1), refusal: 'range-too-long' },
    { name: 'all that 32 bits can say', request: block(0, 0, 0xffff_ffff), refusal: 'range-too-long' },
    { name: 'a begin at the end of 32 bits', request: block(0, 0xffff_ffff), refusal: 'range-outside-piece' },
    { name: 'a piece that is not here', request: block(1), refusal: 'piece-not-here' },
    { name: 'the piece behind the last', request: block(3), refusal: 'no-such-piece' },
    { name: 'the highest piece index', request: block(0xffff_ffff), refusal: 'no-such-piece' },
  ]

test.each(REQUESTS)('request of $name', ({ request, refusal }) => {
  const queue = new ServeQueue(PIECES)
  expect(queue.add(request, UNCHOKED)).toBe(refusal)
  expect(queue.take(1e9)).toStrictEqual(refusal === undefined ? [request] : [])
})

describe('every request has one answer', () => {
  test('a request that comes twice is answered twice', () => {
    const queue = new ServeQueue(PIECES)
    queue.add(block(0), UNCHOKED)
    queue.add(block(0), UNCHOKED)
    expect(queue.take(1e9)).toHaveLength(2)
    expect(queue.take(1e9)).toHaveLength(0)
  })

  test('a cancelled request is gone, once', () => {
    const queue = new ServeQueue(PIECES)
    queue.add(block(0), UNCHOKED)
    queue.add(block(0, BLOCK_LENGTH), UNCHOKED)
    expect(queue.cancel(block(0))).toBe(true)
    expect(queue.cancel(block(0))).toBe(false)
    expect(queue.cancel(block(0, BLOCK_LENGTH, 1))).toBe(false)
    expect(queue.take(1e9)).toStrictEqual([block(0, BLOCK_LENGTH)])
  })

  test('a cancel of what is taken comes too late', () => {
    const queue = new ServeQueue(PIECES)
    queue.add(block(0), UNCHOKED)
    queue.take(1)
    expect(queue.cancel(block(0))).toBe(false)
  })

  test('a choke gives back what waits, but for allowed-fast pieces', () => {
    const queue = new ServeQueue({ ...PIECES, has: () => true })
    const requests = [block(0), block(1), block(2, 0, 1)]
    for (const request of requests) queue.add(request, UNCHOKED)
    expect(queue.choke((piece) => piece === 1)).toStrictEqual([block(0), block(2, 0, 1)])
    expect(queue.take(1e9)).toStrictEqual([block(1)])
  })
})

describe('a choked peer', () => {
  test.each([
    { piece: 0, refusal: undefined },
    { piece: 2, refusal: 'choked' },
  ])('asks for piece $piece', ({ piece, refusal }) => {
    expect(new ServeQueue(PIECES).add(block(piece, 0, 1), CHOKED)).toBe(refusal)
  })

  test('gets each block of an allowed-fast piece three times at most', () => {
    const queue = new ServeQueue(PIECES)
    const answers = Array.from({ length: 10 }, () => queue.add(block(0), CHOKED))
    expect(answers.slice(0, 9)).toStrictEqual(Array.from({ length: 9 }, () => undefined))
    expect(answers[9]).toBe('allowed-fast-used-up')
    expect(queue.add(block(0), UNCHOKED)).toBeUndefined()
  })
})

describe('bounds', () => {
  test('no more than the limit wait, and taking makes room', () => {
    const queue = new ServeQueue(PIECES, 3)
    const add = () => queue.add(block(0), UNCHOKED)
    expect([add(), add(), add(), add()]).toStrictEqual([undefined, undefined, undefined, 'queue-full'])
    queue.take(1)
    expect([add(), add()]).toStrictEqual([undefined, 'queue-full'])
    expect(queue.length).toBe(3)
  })

  test.each([
    { maxBytes: 1, taken: 1 },
    { maxBytes: BLOCK_LENGTH, taken: 1 },
    { maxBytes: BLOCK_LENGTH + 1, taken: 2 },
    { maxBytes: 1e9, taken: 5 },
  ])('take of $maxBytes bytes gives $taken blocks', ({ maxBytes, taken }) => {
    const queue = new ServeQueue(PIECES)
    for (let i = 0; i < 5; i++) queue.add(block(0), UNCHOKED)
    expect(queue.take(maxBytes)).toHaveLength(taken)
    expect(queue.length).toBe(5 - taken)
  })

  test('order is kept however requests are taken and added', () => {
    const queue = new ServeQueue(PIECES)
    const begins: number[] = []
    for (let i = 0; i < 50; i++) {
      queue.add(block(0, 2 * i, 1), UNCHOKED)
      queue.add(block(0, 2 * i + 1, 1), UNCHOKED)
      begins.push(...queue.take(1).map(({ begin }) => begin))
    }
    begins.push(...queue.take(1e9).map(({ begin }) => begin))
    expect(begins).toStrictEqual(Array.from({ length: 100 }, (_, i) => i))
  })
})
