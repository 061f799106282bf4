import { expect, test } from 'vitest'
import { foldColumns } from '../../../src/report/text/page/columns.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'

test('long words are broken at the width, but not a hash', () => {
  expect(foldColumns(`a ${'x'.repeat(12)} b`, 10)).toStrictEqual(['a', 'x'.repeat(10), 'xx b'])
  for (const hash of [HASH, `${HASH}${HASH.slice(0, 24)}`])
    expect(foldColumns(`info hash ${hash}, and more`, 30)).toStrictEqual([
      'info hash',
      `${hash},`,
      'and more',
    ])
  expect(foldColumns(`${HASH}0`, 30)).toHaveLength(2)
})
