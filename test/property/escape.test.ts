import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import { byteText, escapeByteText, escapeBytes, escapeText, MAX_BYTE_TEXT } from '../../src/report/escape.ts'
import { keyText, rawJson, renderJson } from '../../src/report/json.ts'
import { connectReport } from '../support/reports/reports.ts'

/** Written by code point, so that the test does not share its idea of "unsafe" with the code. */
function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa1) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202f) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    (code >= 0xe000 && code <= 0xf8ff) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0xfeff ||
    (code >= 0xfff0 && code <= 0xfffb) ||
    code >= 0xe0000
  )
}

const codes = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0)

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '\u001b[31m',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u0000',
      '\ud800',
      '\u2028',
      '\\',
      'a',
      '𝔊',
      '\u0301',
      '\r\n',
      '\u009b',
    ),
  }),
)

test('no text leaves a character that a terminal could act on', () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 1, max: 300 }), (text, maxLength) => {
      const shown = escapeText(text, maxLength)
      expect(codes(shown).filter(isUnsafe)).toStrictEqual([])
      expect(shown.length).toBeLessThanOrEqual(maxLength)
      expect(escapeText(text)).toBe(escapeText(text, 200))
    }),
  )
})

test('each of these characters is escaped, also those that chance never draws', () => {
  const all = Array.from({ length: 0x110000 }, (_, code) => code).filter(isUnsafe)
  const shown = all.filter((code) => codes(escapeText(String.fromCodePoint(code))).some(isUnsafe))
  expect(shown).toStrictEqual([])
})

test('no bytes leave such a character, and text and UTF-8 bytes of it are shown alike', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.string({ unit: 'grapheme' }), (bytes, text) => {
      expect(codes(escapeBytes(bytes)).filter(isUnsafe)).toStrictEqual([])
      expect(codes(escapeByteText(byteText(bytes))).filter(isUnsafe)).toStrictEqual([])
      expect(escapeBytes(bytes, 10).length).toBeLessThanOrEqual(10)
      expect(escapeBytes(encodeUtf8(text))).toBe(escapeText(text))
    }),
  )
})

test('two texts never look the same: escaping can be undone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const unescaped = escapeText(text, 1000).replace(
        /\\(?:(\\)|x([0-9a-f]{2})|u\{([0-9a-f]+)\})/g,
        (_, slash: string | undefined, byte: string | undefined, code: string | undefined) =>
          slash ?? String.fromCodePoint(Number.parseInt(byte ?? code ?? '', 16)),
      )
      expect(unescaped).toBe(text)
    }),
  )
})

describe.each([
  { name: 'plain text', text: 'libtorrent/2.0.8 (µ)', shown: 'libtorrent/2.0.8 (µ)' },
  { name: 'other scripts', text: '新建文件夹 ไทย naïve e\u0301', shown: '新建文件夹 ไทย naïve e\u0301' },
  { name: 'an escape sequence', text: '\u001b]0;owned\u0007', shown: '\\x1b]0;owned\\x07' },
  { name: 'one-byte CSI', text: '\u009b31m', shown: '\\x9b31m' },
  {
    name: 'bidi overrides and isolates',
    text: 'a\u202eb\u2066c\u2069',
    shown: 'a\\u{202e}b\\u{2066}c\\u{2069}',
  },
  { name: 'zero-width characters', text: 'a\u200bb\ufeffc', shown: 'a\\u{200b}b\\u{feff}c' },
  { name: 'a filler that looks empty', text: '\u3164', shown: '\\u{3164}' },
  { name: 'line ends of all kinds', text: 'a\nb\rc\u2028d\u0085', shown: 'a\\x0ab\\x0dc\\u{2028}d\\x85' },
  { name: 'a lone surrogate', text: 'a\udc00b', shown: 'a\\u{dc00}b' },
  { name: 'a backslash', text: '\\x1b', shown: '\\\\x1b' },
  { name: 'a mark without a letter', text: '\u0301a', shown: '\\u{301}a' },
  { name: 'piled marks', text: 'e\u0301\u0301\u0301', shown: 'e\u0301\u0301\\u{301}' },
  { name: 'a no-break space', text: 'a\u00a0b', shown: 'a\\xa0b' },
])('$name', ({ text, shown }) => {
  test('is escaped', () => expect(escapeText(text)).toBe(shown))
})

test('long text is cut before the limit, never inside an escape', () => {
  expect(escapeText('abcdef', 6)).toBe('abcdef')
  expect(escapeText('abcdefg', 6)).toBe('abcde…')
  expect(escapeText('abcd\u0007\u0007', 6)).toBe('abcd…')
  expect(escapeText('a'.repeat(1e6))).toBe(`${'a'.repeat(199)}…`)
})

test('byte strings are text when they are UTF-8 and hex when not, cut at 64 KiB', () => {
  expect(byteText(encodeUtf8('µTorrent'))).toBe('µTorrent')
  expect(byteText(fromHex('ff00'))).toStrictEqual({ hex: 'ff00' })
  expect(byteText(new Uint8Array(MAX_BYTE_TEXT).fill(0x61))).toBe('a'.repeat(MAX_BYTE_TEXT))
  expect(byteText(new Uint8Array(MAX_BYTE_TEXT + 1).fill(0x61))).toStrictEqual({
    text: 'a'.repeat(MAX_BYTE_TEXT),
    truncated: true,
  })
  const halfCharacter = encodeUtf8(`a${'é'.repeat(MAX_BYTE_TEXT / 2)}`)
  expect(byteText(halfCharacter)).toStrictEqual({
    text: `a${'é'.repeat(MAX_BYTE_TEXT / 2 - 1)}`,
    truncated: true,
  })
  expect(byteText(new Uint8Array(MAX_BYTE_TEXT + 1).fill(0xff))).toStrictEqual({
    hex: 'ff'.repeat(MAX_BYTE_TEXT),
    truncated: true,
  })
})

test('a document holds no raw control or bidi character and gives every string back', () => {
  fc.assert(
    fc.property(nasty, (name) => {
      const { torrent } = connectReport()
      const text = renderJson(connectReport({ torrent: { ...torrent, name } }))
      expect(codes(text.replaceAll('\n', '')).filter(isUnsafe)).toStrictEqual([])
      expect(JSON.parse(text)).toMatchObject({ torrent: { name } })
    }),
  )
})

test('a dictionary of a peer becomes JSON, whatever its keys', () => {
  const dictionary = new Map<string, number | bigint | Uint8Array | readonly number[]>([
    ['__proto__', 1],
    ['\u00c2\u00b5', encodeUtf8('µ')],
    ['\u00ff', fromHex('ff')],
    ['big', 2n ** 64n],
    ['list', [1, 2]],
  ])
  expect(JSON.stringify(rawJson(dictionary))).toBe(
    '{"__proto__":1,"µ":"µ","\\\\xff":{"hex":"ff"},"big":"18446744073709551616","list":[1,2]}',
  )
  expect(keyText('ut_pex')).toBe('ut_pex')
  expect(decodeUtf8(fromHex('c3'))).toBeUndefined()
})
