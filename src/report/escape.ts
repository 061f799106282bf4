import { decodeUtf8, toByteString, toHex } from '../base/bytes.ts'
import type { ByteText } from '../base/schema/json-value.ts'

/** Longest piece of a peer's text in a report for people, in characters; whole values are in the JSON. */
export const MAX_SHOWN_TEXT = 200

/** Longest byte string of a peer's in a document, in bytes. */
export const MAX_BYTE_TEXT = 65_536

const ELLIPSIS = '…'

/**
 * What must not reach a terminal or a file name as it is: controls, escape sequences, bidi marks, invisible and unassigned
 * characters, lone surrogates, line separators, spaces that are not the plain one, and marks with no letter to stand on or piled
 * higher than two, which would draw over the lines around them.
 */
const UNPRINTABLE =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|(?<![\p{L}\p{N}]\p{M}{0,1})\p{M}/gu
const UNSAFE = new RegExp(`${UNPRINTABLE.source}|\\\\`, 'gu')

/**
 * Text of a peer, made safe to print: what could steer a terminal becomes `\xNN` or `\u{N}`, and a backslash `\\`, so that
 * nothing can pass for an escape.
 *
 * @param text any string, lone surrogates included
 * @param maxLength most characters of the result; what is longer ends in an ellipsis
 */
export function escapeText(text: string, maxLength = MAX_SHOWN_TEXT): string {
  // an escape never makes text shorter, so what lies beyond the limit need not be looked at
  const escaped = text.slice(0, maxLength + 1).replace(UNSAFE, escapeCharacter)
  if (escaped.length <= maxLength) return escaped
  return `${withoutHalfEscape(escaped, Math.max(maxLength - 1, 0))}${ELLIPSIS}`
}

/** The second fence, for text that should be escaped already or never was a peer's: nothing unprintable, backslashes as they are. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter)
}

/** As `escapeText`, for bytes: UTF-8 is shown as text, and when it is none every byte that is not ASCII as `\xNN`. */
export function escapeBytes(bytes: Uint8Array, maxLength = MAX_SHOWN_TEXT): string {
  // four bytes a character at most, and one character more than is shown
  const start = bytes.subarray(0, 4 * (maxLength + 1))
  const text = start.length === bytes.length ? decodeUtf8(bytes) : decodeUtf8(utf8Prefix(start))
  return text === undefined ? escapeLatin(toByteString(start), maxLength) : escapeText(text, maxLength)
}

/** A byte string of a peer's for a document: text when it is valid UTF-8, else hex; cut at 64 KiB. */
export function byteText(bytes: Uint8Array): ByteText {
  if (bytes.length <= MAX_BYTE_TEXT) return decodeUtf8(bytes) ?? { hex: toHex(bytes) }
  const start = bytes.subarray(0, MAX_BYTE_TEXT)
  const text = decodeUtf8(utf8Prefix(start))
  return text === undefined ? { hex: toHex(start), truncated: true } : { text, truncated: true }
}

/** A `ByteText` for people: escaped, at most `maxLength` characters. */
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

/** The first `length` characters, less an escape or a surrogate pair that the cut would split. */
function withoutHalfEscape(escaped: string, length: number): string {
  const whole = /\\(?:\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})|[^]/gu
  let end = 0
  for (const [unit] of escaped.matchAll(whole)) {
    if (end + unit.length > length) break
    end += unit.length
  }
  return escaped.slice(0, end)
}

/** `bytes` without the character that a cut left unfinished at the end. */
function utf8Prefix(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return wanted > back ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}
