import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { MAX_FRAME_LENGTH, MAX_PIECES } from '../../../src/base/limits.ts'
import { Bitfield, UnvalidatedBitfield } from '../../../src/wire/bitfield.ts'
import { validateBitfieldLength } from '../../../src/wire/bitfield-length.ts'

const CASES: readonly {
  wire: string
  pieceCount: number
  have: readonly number[]
  ranges: string
  spareBits?: readonly number[]
}[] = [
  { wire: '', pieceCount: 0, have: [], ranges: '' },
  { wire: '80', pieceCount: 1, have: [0], ranges: '0' },
  { wire: 'c0c0', pieceCount: 10, have: [0, 1, 8, 9], ranges: '0-1,8-9' },
  { wire: 'ffc0', pieceCount: 10, have: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ranges: '0-9' },
  { wire: 'ffe0', pieceCount: 10, have: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ranges: '0-9', spareBits: [10] },
  { wire: '00ff', pieceCount: 9, have: [8], ranges: '8', spareBits: [9, 10, 11, 12, 13, 14, 15] },
  { wire: '01', pieceCount: 8, have: [7], ranges: '7' },
  { wire: 'fd', pieceCount: 8, have: [0, 1, 2, 3, 4, 5, 7], ranges: '0-5,7' },
  { wire: '0000', pieceCount: 16, have: [], ranges: '' },
]

describe.each(CASES)('$wire of $pieceCount pieces', ({ wire, pieceCount, have, ranges, spareBits = [] }) => {
  const bitfield = Bitfield.fromBytes(fromHex(wire), pieceCount)

  test('is read', () => {
    expect([...bitfield]).toStrictEqual(have)
    expect(bitfield.count).toBe(have.length)
    expect(bitfield.spareBits).toStrictEqual(spareBits)
    expect(bitfield.renderRanges()).toBe(ranges)
    expect(bitfield.isComplete).toBe(have.length === pieceCount)
    expect(bitfield.isEmpty).toBe(have.length === 0)
  })

  test('is written without its spare bits', () => {
    const built = new Bitfield(pieceCount)
    for (const index of have) built.set(index)
    expect(toHex(bitfield.toBytes())).toBe(toHex(built.toBytes()))
    if (spareBits.length === 0) expect(toHex(built.toBytes())).toBe(wire)
  })
})

test.each([
  { length: 1, pieceCount: 10, expected: 2 },
  { length: 3, pieceCount: 10, expected: 2 },
  { length: 0, pieceCount: 1, expected: 1 },
  { length: 1, pieceCount: 0, expected: 0 },
  { length: 2, pieceCount: 8, expected: 1 },
  { length: 1, pieceCount: 9, expected: 2 },
])('$length bytes are no bitfield of $pieceCount pieces', ({ length, pieceCount, expected }) => {
  expect(validateBitfieldLength(length, pieceCount)).toMatchObject({ ok: false, expected })
  expect(() => Bitfield.fromBytes(new Uint8Array(length), pieceCount)).toThrow(
    expect.objectContaining({
      code: 'E_MALFORMED_MESSAGE',
      reference: 'BEP 3',
      message: `bitfield of ${length} bytes, torrent has ${pieceCount} pieces, expected ${expected}`,
    }),
  )
})

test('the largest torrent is allowed and fits the largest frame, one piece more is not', () => {
  const full = Bitfield.full(MAX_PIECES)
  expect(full.count).toBe(MAX_PIECES)
  expect(full.isComplete).toBe(true)
  expect(full.toBytes().length).toBe(MAX_FRAME_LENGTH - 1)
  expect(() => new Bitfield(MAX_PIECES + 1)).toThrow(RangeError)
})

test.each([-1, 1.5, Number.NaN, 2 ** 32])('%d is no piece count', (pieceCount) => {
  expect(() => new Bitfield(pieceCount)).toThrow(RangeError)
})

test.each([10, 15, -1, Number.NaN, 2 ** 32])('index %d is outside 10 pieces', (index) => {
  const bitfield = Bitfield.full(10)
  expect(bitfield.has(index)).toBe(false)
  expect(() => bitfield.set(index)).toThrow(RangeError)
  expect(() => bitfield.clear(index)).toThrow(RangeError)
  expect(bitfield.count).toBe(10)
})

test('percent', () => {
  expect(Bitfield.fromBytes(fromHex('c0'), 8).percent).toBe(25)
  expect(Bitfield.full(3).percent).toBe(100)
  expect(new Bitfield(3).percent).toBe(0)
  expect(new Bitfield(0).percent).toBe(100)
})

test('setting and clearing twice changes nothing the second time', () => {
  const bitfield = new Bitfield(4)
  expect([bitfield.set(2), bitfield.set(2), bitfield.count]).toStrictEqual([true, false, 1])
  expect([bitfield.clear(2), bitfield.clear(2), bitfield.count]).toStrictEqual([true, false, 0])
})

test('what one has and the other lacks', () => {
  const theirs = Bitfield.fromBytes(fromHex('f0c0'), 10)
  const ours = Bitfield.fromBytes(fromHex('9040'), 10)
  expect([...theirs.missingFrom(ours)]).toStrictEqual([1, 2, 8])
  expect([...ours.missingFrom(theirs)]).toStrictEqual([])
  expect(() => [...theirs.missingFrom(new Bitfield(9))]).toThrow(RangeError)
})

test('copies do not share memory', () => {
  const bytes = fromHex('ff')
  const bitfield = Bitfield.fromBytes(bytes, 8)
  bytes[0] = 0
  bitfield.toBytes()[0] = 0
  const copy = bitfield.clone()
  copy.clear(0)
  expect([bitfield.count, copy.count]).toStrictEqual([8, 7])
})

test('ranges in text stop where they are told to', () => {
  const bitfield = Bitfield.fromBytes(fromHex('aa'), 8)
  expect(bitfield.renderRanges(4)).toBe('0,2,4,6')
  expect(bitfield.renderRanges(3)).toBe('0,2,4,...')
})

describe('before the metadata is known', () => {
  test('a payload is kept and checked later', () => {
    const early = new UnvalidatedBitfield(fromHex('ffe0'))
    expect(early.count).toBe(11)
    expect(early.validate(10)).toMatchObject({ pieceCount: 10, spareBits: [10], count: 10 })
    expect(() => early.validate(17)).toThrow('bitfield of 2 bytes, torrent has 17 pieces, expected 3')
    expect(() => early.validate(8)).toThrow('bitfield of 2 bytes')
  })

  test('haves without a bitfield are kept', () => {
    const early = new UnvalidatedBitfield()
    for (const index of [0, 9, 300]) expect(early.set(index)).toBe(true)
    expect([...early.validate(301)]).toStrictEqual([0, 9, 300])
    expect(() => early.validate(300)).toThrow('have of piece 300, torrent has 300')
  })

  test('haves after a bitfield stay inside it', () => {
    const early = new UnvalidatedBitfield(fromHex('80'))
    expect([early.set(7), early.set(8)]).toStrictEqual([true, false])
    expect([...early.validate(8)]).toStrictEqual([0, 7])
    expect(() => early.validate(7)).toThrow('have of piece 7')
  })

  test('memory is bounded', () => {
    const early = new UnvalidatedBitfield()
    expect([early.set(MAX_PIECES), early.set(2 ** 32 - 1)]).toStrictEqual([false, false])
    expect(early.bytes.length).toBe(0)
    expect(early.set(MAX_PIECES - 1)).toBe(true)
    expect(early.bytes.length).toBe(MAX_PIECES / 8)
    expect(() => new UnvalidatedBitfield(new Uint8Array(MAX_PIECES / 8 + 1))).toThrow('bitfield of')
  })
})
