import { encodeUtf8, toByteString, toHex } from '../../base/bytes.ts'
import { escapeText } from '../escape.ts'
import { asciiJson } from '../json.ts'

/** A way in which a text can appear, and what to write instead. */
export type Form = readonly [original: string, replacement: string]

/** How bytes can appear in a text: hex, base32, percent-encoded. @param pseudonym as long as `bytes` */
export function formsOfBytes(bytes: Uint8Array, pseudonym: Uint8Array): readonly Form[] {
  return [
    [toHex(bytes), toHex(pseudonym)],
    [base32(bytes), base32(pseudonym)],
    [percent(bytes), percent(pseudonym)],
    [percentMixed(bytes), percent(pseudonym)],
    [toByteString(bytes), toByteString(pseudonym)],
  ]
}

/**
 * How a text can appear inside others, its plain form left out: escaped, in another encoding, percent-encoded, as UTF-16, and all of these in hex.
 * Encoded forms get a filler of the same length, so that what surrounds them can still be decoded.
 */
export function formsOfText(text: string, pseudonym: string): readonly Form[] {
  const bytes = encodeUtf8(text)
  const filler = new Uint8Array(bytes.length).fill(FILLER)
  const wide = (isLittle: boolean): readonly Form[] => {
    const encoded = utf16(text, isLittle)
    const filled = utf16('x'.repeat(text.length), isLittle)
    const plain = toByteString(encoded)
    return [
      [plain, toByteString(filled)],
      [escapeText(plain, Infinity), pseudonym],
      [JSON.stringify(plain).slice(1, -1), pseudonym],
      [toHex(encoded), toHex(filled)],
    ]
  }
  return [
    [escapeText(text, Infinity), pseudonym],
    [asciiJson(text), pseudonym],
    [JSON.stringify(text).slice(1, -1), pseudonym],
    // read as Latin-1
    [toByteString(bytes), pseudonym],
    [encodedComponent(text), pseudonym],
    [encodedComponent(text).replaceAll('%20', '+'), pseudonym],
    [toHex(bytes), toHex(filler)],
    [base32(bytes), base32(filler)],
    [percent(bytes), percent(filler)],
    ...wide(true),
    ...wide(false),
  ]
}

const FILLER = 0x78

const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Without padding, and without the last digit when its bits depend on what follows. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32_DIGITS[(held >> (bits - 5)) & 31] ?? ''
  }
  return text
}

function percent(bytes: Uint8Array): string {
  return Array.from(bytes, percentByte).join('')
}

/** As in announce URLs: letters, digits and marks as they are (RFC 3986). */
function percentMixed(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte)
    return /[\w.~-]/.test(character) ? character : percentByte(byte)
  }).join('')
}

function percentByte(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`
}

/** Lone surrogates cannot be encoded. */
function encodedComponent(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), isLittle)
  return bytes
}
