import { decodeUtf8, toByteString, toHex } from '../base/bytes.ts'
import type { ByteText } from '../base/schema/json-value.ts'

/** Maximum length of a text from a peer in a text report, in characters; the JSON has complete values. */
export const MAX_SHOWN_TEXT = 200

/** Maximum length of a byte string from a peer in a document, in bytes. */
export const MAX_BYTE_TEXT = 65_536

const ELLIPSIS = '…'

/**
 * Characters that must not reach a terminal or a file name unescaped: control characters, escape sequences, bidi marks,
 * invisible and unassigned characters, lone surrogates, line separators, spaces other than U+0020, and combining marks without a
 * base letter or more than two in a row, which would draw over adjacent lines.
 */
const unprintable = () =>
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|(?<![\p{L}\p{N}]\p{M}{0,1})\p{M}/gu

/** Text that needs no escape: nearly all. V8 takes milliseconds to compile the sets of characters above. */
const PLAIN = /^[ -[\]-~]*$/

/** The same where a backslash needs none. */
const PRINTABLE = /^[ -~]*$/

/**
 * Text from a peer, made safe to print: characters that could control a terminal become `\xNN` or `\u{N}`, and a backslash
 * becomes `\\`, so that the text cannot imitate an escape.
 *
 * @param text any string, lone surrogates included
 * @param maxLength of the result, in characters; a longer text is cut and ends in an ellipsis
 */
export function escapeText(text: string, maxLength = MAX_SHOWN_TEXT): string {
  // escaping never makes text shorter, so text beyond the limit can be ignored
  const start = text.slice(0, maxLength + 1)
  const escaped = PLAIN.test(start)
    ? start
    : start.replace(new RegExp(`${unprintable().source}|\\\\`, 'gu'), escapeCharacter)
  if (escaped.length <= maxLength) return escaped
  return `${withoutHalfEscape(escaped, Math.max(maxLength - 1, 0))}${ELLIPSIS}`
}

/** A second safeguard, for text that is already escaped or not from a peer: escapes the unprintable, but not backslashes. */
export function printable(text: string): string {
  return PRINTABLE.test(text) ? text : text.replace(unprintable(), escapeCharacter)
}

/** Typographic characters of our own texts, and their replacements. */
const ASCII: ReadonlyMap<string, string> = new Map([
  ['…', '...'],
  ['–', '-'],
  ['─', '-'],
  ['━', '#'],
  ['·', '-'],
  ['█', '#'],
  ['→', '->'],
  ['←', '<-'],
  ['✓', 'ok'],
  ['✗', 'FAIL'],
])

/** The text in ASCII: other characters become `\u{N}`, except for typographic ones, which have a replacement. */
export function asciiText(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (character) => ASCII.get(character) ?? escapeCharacter(character))
}

/** Like `escapeText`, for bytes: valid UTF-8 is shown as text; otherwise, every byte that is not ASCII becomes `\xNN`. */
export function escapeBytes(bytes: Uint8Array, maxLength = MAX_SHOWN_TEXT): string {
  // at most four bytes per character, and one more character than is shown
  const start = bytes.subarray(0, 4 * (maxLength + 1))
  const text = start.length === bytes.length ? decodeUtf8(bytes) : decodeUtf8(utf8Prefix(start))
  return text === undefined ? escapeLatin(toByteString(start), maxLength) : escapeText(text, maxLength)
}

/** A byte string from a peer for a document: text when it is valid UTF-8, else hex; cut at 64 KiB. */
export function byteText(bytes: Uint8Array): ByteText {
  if (bytes.length <= MAX_BYTE_TEXT) return decodeUtf8(bytes) ?? { hex: toHex(bytes) }
  const start = bytes.subarray(0, MAX_BYTE_TEXT)
  const text = decodeUtf8(utf8Prefix(start))
  return text === undefined ? { hex: toHex(start), truncated: true } : { text, truncated: true }
}

/** A `ByteText` for a text report: escaped, at most `maxLength` characters. */
export function escapeByteText(value: ByteText, maxLength = MAX_SHOWN_TEXT): string {
  if (typeof value === 'string') return escapeText(value, maxLength)
  return 'text' in value ? escapeText(value.text, maxLength) : escapeText(`0x${value.hex}`, maxLength)
}

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\'
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

function escapeLatin(text: string, maxLength: number): string {
  const escaped = text.replace(/[^ -[\]-~]/g, escapeCharacter)
  return escaped.length <= maxLength
    ? escaped
    : `${withoutHalfEscape(escaped, Math.max(maxLength - 1, 0))}${ELLIPSIS}`
}

/** The first `length` characters, without an escape or a surrogate pair that the cut would split. */
function withoutHalfEscape(escaped: string, length: number): string {
  const whole = /\\(?:\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})|[^]/gu
  let end = 0
  for (const [unit] of escaped.matchAll(whole)) {
    if (end + unit.length > length) break
    end += unit.length
  }
  return escaped.slice(0, end)
}

/** `bytes` without an incomplete character at the end. */
function utf8Prefix(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return wanted > back ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}
