import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { safeFilePath } from '../../../../src/wire/torrent/file-path.ts'

const path = (...elements: string[]): string => safeFilePath(elements.map(encodeUtf8))

test.each([
  ['plain.txt', 'plain.txt'],
  ['100% done', '100% done'],
  ['%41', '%2541'],
  ['%', '%25'],
  ['é 日本 😀', 'é 日本 😀'],
  ['.hidden', '.hidden'],
  ['', '%'],
  ['.', '%2E'],
  ['..', '.%2E'],
  ['a/b', 'a%2Fb'],
  ['a\\b', 'a%5Cb'],
  ['C:', 'C%3A'],
  ['a\0b', 'a%00b'],
  ['\x1b[31m', '%1B[31m'],
  ['\x7f\x85', '%7F%C2%85'],
  ['gnp.\u202eexe', 'gnp.%E2%80%AEexe'],
  ['a\u200bb\ufeff', 'a%E2%80%8Bb%EF%BB%BF'],
  ['a\u2028b', 'a%E2%80%A8b'],
  ['end.', 'end%2E'],
  ['end ', 'end%20'],
  ['CON', '%43ON'],
  ['con.txt', '%63on.txt'],
  ['Com1 .tar.gz', '%43om1 .tar.gz'],
  ['LPT²', '%4CPT²'],
  ['CONIN$', '%43ONIN$'],
  ['console', 'console'],
  ['com10', 'com10'],
  ['a*?"<>|', 'a%2A%3F%22%3C%3E%7C'],
])('%j becomes %j', (element, safe) => {
  expect(path(element)).toBe(safe)
})

test('bytes that are no UTF-8 are written one by one', () => {
  expect(safeFilePath([Uint8Array.of(0x61, 0xff, 0xc3, 0x2f)])).toBe('a%FF%C3%2F')
})

test('elements are joined, and no elements are one empty one', () => {
  expect(path('..', '..', 'etc', 'passwd')).toBe('.%2E/.%2E/etc/passwd')
  expect(path('', 'x')).toBe('%/x')
  expect(path()).toBe('%')
})

describe('long elements', () => {
  test('255 bytes stay, 256 are cut and marked', () => {
    expect(path('x'.repeat(255))).toBe('x'.repeat(255))
    expect(path('x'.repeat(256))).toMatch(/^x{238}~[0-9a-f]{16}$/)
    expect(path('x'.repeat(256))).not.toBe(path('x'.repeat(257)))
  })

  test('a character is never cut in two', () => {
    expect(path('日'.repeat(100))).toMatch(/^日{79}~[0-9a-f]{16}$/)
  })
})
