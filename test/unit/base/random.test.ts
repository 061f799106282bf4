import { expect, test } from 'vitest'
import { randomFraction } from '../../../src/base/random.ts'

test.each([
  [0x00, 0],
  [0x80, 0.501_960_784_313_725_5],
  [0xff, 1 - 2 ** -48],
])('bytes of %i', (byte, fraction) => {
  expect(randomFraction((length) => new Uint8Array(length).fill(byte))).toBeCloseTo(fraction, 14)
})

test('1 is never reached', () => {
  expect(randomFraction((length) => new Uint8Array(length).fill(0xff))).toBeLessThan(1)
})
