import { expect, test } from 'vitest'
import { parseSize } from '../../../src/base/size.ts'

test.each([
  ['0', 0],
  ['16384', 16_384],
  ['16KiB', 16_384],
  ['3MiB', 3_145_728],
  ['2GiB', 2_147_483_648],
  ['', undefined],
  ['-1', undefined],
  ['1.5KiB', undefined],
  ['1 KiB', undefined],
  ['1kb', undefined],
  ['9999999999999999GiB', undefined],
])('%j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})
