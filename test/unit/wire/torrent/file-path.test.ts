import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { numberedPath, safeFilePath } from '../../../../src/wire/torrent/file-path.ts'
import { POSIX_NAMES } from '../../../../src/wire/torrent/name-rules.ts'

const path = (...elements: string[]): string => safeFilePath(elements.map(encodeUtf8))

test.each([
  ['plain.txt', 'plain.txt'],
  ['100% done', '100% done'],
  ['%41', '%2541'],
  ['%', '%'],
  ['é 日本 😀', 'é 日本 😀'],
  ['.hidden', '.hidden'],
  ['', '_'],
  ['.', '_'],
  ['..', '_'],
  ['...', '..%2E'],
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

test.each([
  // what the system allows stays as other clients write it
  ['a: b? "c" <d> * | e', 'a: b? "c" <d> * | e'],
  ['C:', 'C:'],
  ['a\\b', 'a\\b'],
  ['CON', 'CON'],
  ['end.', 'end.'],
  ['end ', 'end '],
  ['100%25', '100%25'],
  ['family \u{1f468}\u200d\u{1f469}', 'family \u{1f468}\u200d\u{1f469}'],
  ['...', '...'],
  // what it does not, or what would deceive a reader, does not
  ['', '_'],
  ['.', '_'],
  ['..', '_'],
  ['a/b', 'a%2Fb'],
  ['/', '%2F'],
  ['a\0b', 'a%00b'],
  ['\x1b[31m\n', '%1B[31m%0A'],
  ['\x7f\x85', '%7F%C2%85'],
  ['gnp.\u202eexe', 'gnp.%E2%80%AEexe'],
  ['a\u2066\u061cb', 'a%E2%81%A6%D8%9Cb'],
  ['a\u2028b', 'a%E2%80%A8b'],
])('on POSIX systems %j becomes %j', (element, safe) => {
  expect(safeFilePath([encodeUtf8(element)], POSIX_NAMES)).toBe(safe)
})

test('bytes that are not UTF-8 are escaped on POSIX systems too', () => {
  expect(safeFilePath([Uint8Array.of(0x3a, 0xff, 0xc3, 0x2f)], POSIX_NAMES)).toBe(':%FF%C3%2F')
})

test('elements are joined, and those that are no names are left out', () => {
  expect(path('..', '..', 'etc', 'passwd')).toBe('etc/passwd')
  expect(path('', 'x', '.')).toBe('x')
  expect(path('..', '')).toBe('_')
  expect(path()).toBe('_')
})

describe('folders deeper than 100', () => {
  const deep = (count: number, last = 'x'): string => path(...Array<string>(count).fill('d'), last)

  test('100 stay, the others are one that has their hash for a name', () => {
    expect(deep(100).split('/')).toHaveLength(101)
    expect(deep(101)).toMatch(/^(?:d\/){99}~[0-9a-f]{16}\/x$/)
    expect(deep(101)).not.toBe(deep(102))
    expect(deep(100_000, 'y').split('/')).toHaveLength(101)
  })
})

test.each([
  ['a/b.txt', 1, 'a/b.1.txt'],
  ['a.d/b', 12, 'a.d/b.12'],
  ['.hidden', 1, '.hidden.1'],
  [`${'x'.repeat(251)}.txt`, 10, `${'x'.repeat(248)}.10.txt`],
  [`x.${'e'.repeat(253)}`, 1, `x.${'e'.repeat(251)}.1`],
  ['日'.repeat(85), 1, `${'日'.repeat(84)}.1`],
])('%j with the number %i is %j', (name, number, numbered) => {
  expect(numberedPath(name, number)).toBe(numbered)
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
