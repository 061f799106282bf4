import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bitfield } from '../../src/wire/bitfield.ts'

const pieceCounts = fc.integer({ min: 1, max: 70 })
const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 69 })), { maxLength: 60 })

test('a bitfield is a set of piece indexes', () => {
  fc.assert(
    fc.property(pieceCounts, fc.boolean(), steps, (pieceCount, full, changes) => {
      const bitfield = full ? Bitfield.full(pieceCount) : new Bitfield(pieceCount)
      const model = new Set(full ? Array.from({ length: pieceCount }, (_, i) => i) : [])
      for (const [set, at] of changes) {
        const index = at % pieceCount
        if (set) expect(bitfield.set(index)).toBe(!model.has(index))
        else expect(bitfield.clear(index)).toBe(model.has(index))
        if (set) model.add(index)
        else model.delete(index)
      }
      const sorted = [...model].sort((a, b) => a - b)
      expect([...bitfield]).toStrictEqual(sorted)
      expect(bitfield.count).toBe(model.size)
      expect([...bitfield.ranges()].flatMap(([first, last]) => between(first, last))).toStrictEqual(sorted)
    }),
  )
})

test('bytes survive, apart from spare bits, and ranges are maximal', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 7 }),
      (bytes, unused) => {
        const pieceCount = bytes.length * 8 - unused
        const bitfield = Bitfield.fromBytes(bytes, pieceCount)
        const again = bitfield.toBytes()
        for (const spare of bitfield.spareBits)
          again[spare >>> 3] = (again[spare >>> 3] ?? 0) | (0x80 >>> (spare & 7))
        expect(again).toStrictEqual(bytes)
        const ranges = [...bitfield.ranges()]
        for (const [i, [first]] of ranges.entries()) {
          if (i > 0) expect(first).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1)
        }
      },
    ),
  )
})

test('missingFrom is set difference', () => {
  const bits = fc.uint8Array({ minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(bits, bits, (a, b) => {
      const theirs = Bitfield.fromBytes(a, 22)
      const ours = Bitfield.fromBytes(b, 22)
      expect([...theirs.missingFrom(ours)]).toStrictEqual([...theirs].filter((index) => !ours.has(index)))
    }),
  )
})

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
