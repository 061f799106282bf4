import { expect, test } from 'vitest'
import { firstIndex } from '../../../src/base/binary-search.ts'

test.each([0, 1, 2, 3, 7, 8])('of %i values each first index is found', (length) => {
  for (let first = 0; first <= length; first++)
    expect(firstIndex(length, (index) => index >= first)).toBe(first)
})
