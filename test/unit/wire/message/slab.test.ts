import { expect, test } from 'vitest'
import { Slab } from '../../../../src/wire/message/slab.ts'

test('frames have memory of their own, in shared arrays that grow to 16 frames', () => {
  const slab = new Slab()
  const frames = Array.from({ length: 64 }, (_, i) => slab.cut(100).fill(i))
  expect(frames.every((frame, i) => frame.length === 100 && frame.every((byte) => byte === i))).toBe(true)
  const arrays = [...new Set(frames.map(({ buffer }) => buffer.byteLength))]
  expect(arrays).toStrictEqual([100, 200, 400, 800, 1600])
  expect(slab.reserved).toBeLessThan(1600)
})

test('a longer frame than what is left gets a new array', () => {
  const slab = new Slab()
  slab.cut(100)
  slab.cut(100)
  expect(slab.cut(300)).toStrictEqual(new Uint8Array(300))
  expect(slab.reserved).toBe(900)
})

test('at rest nothing is reserved, and the next array has room for one frame', () => {
  const slab = new Slab()
  for (let i = 0; i < 5; i++) slab.cut(100)
  slab.rest()
  expect(slab.reserved).toBe(0)
  expect(slab.cut(100).buffer.byteLength).toBe(100)
})
