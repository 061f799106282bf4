import { expect, test } from 'vitest'
import {
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  fromByteString,
  fromHex,
  toByteString,
  toHex,
  utf8Length,
} from '../../../src/base/bytes.ts'

test.each([
  '',
  'a',
  'a'.repeat(64),
  'a'.repeat(65),
  'é',
  '下载',
  '😀😀',
  '\ud800',
  '\udc00a',
  'a\ud83d',
  '\udc00\ud800',
  '\u007f\u0080\u07ff\u0800\uffff',
])('%j as UTF-8 and back', (text) => {
  const bytes = encodeUtf8(text)
  expect(utf8Length(text)).toBe(bytes.length)
  expect(decodeUtf8(bytes)).toBe(Buffer.from(text).toString())
  expect(fromByteString(toByteString(bytes))).toStrictEqual(bytes)
})

test.each([[[0xff]], [[0x61, 0xc3]], [Array.from({ length: 70 }, () => 0xff)]])(
  '%j is not UTF-8',
  (bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined()
  },
)

test.each([
  [[], [], true],
  [[1, 2], [1, 2], true],
  [[1, 2], [1, 3], false],
  [[1], [1, 2], false],
  [[1, 2], [1], false],
  [[], [1], false],
  [[0], [], false],
])('%j and %j: equal is %j', (a, b, isEqual) => {
  expect(equalBytes(Uint8Array.from(a), Uint8Array.from(b))).toBe(isEqual)
})

test.each([0, 1, 32, 33, 256, 70_000])('%i bytes as hex and back', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i)
  const hex = toHex(bytes)
  expect(hex).toBe(Buffer.from(bytes).toString('hex'))
  expect(fromHex(hex)).toStrictEqual(bytes)
  expect(fromHex(` ${hex.toUpperCase().replaceAll(/(..)/g, '$1 \n')}`)).toStrictEqual(bytes)
})

test.each(['0', '0g', 'g0', '0 0 0', '0x00', '-1', '\u0660\u0660', '0é'])('%j is not hex', (text) => {
  expect(() => fromHex(text)).toThrow(RangeError)
})
