import { decodeUtf8 } from '../../base/bytes.ts'
import { serviceOf } from '../../wire/service.ts'

const LETTER_X = 0x78
const DIGIT_0 = 0x30

/** Replaces a text in place: the same length, printable where it was, and UTF-8 where it was. */
export function maskText(bytes: Uint8Array): void {
  const isUtf8 = decodeUtf8(bytes) !== undefined
  for (const [i, byte] of bytes.entries()) {
    if (byte >= 0x80) bytes[i] = isUtf8 ? LETTER_X : 0xff
    else if (byte >= 0x20 && byte < 0x7f) bytes[i] = LETTER_X
    else bytes[i] = 0
  }
}

/** Words by which a service is recognised. */
const SIGNS =
  /HTTP\/\d(?:\.\d)?|<!doctype html|<html|SSH-|^220|smtp|mail|postfix|exim|\+OK|\* (?:OK|PREAUTH|BYE)|RFB \d{3}\.\d{3}|-(?:ERR|NOAUTH|DENIED|WRONGTYPE)|NOTICE|@RSYNCD:/gi

/** How many bytes show which binary protocol it is. */
const BINARY_SIGN = 8

/** Replaces letters and digits of another protocol in place, except for those by which it is recognised. */
export function maskService(bytes: Uint8Array): void {
  const text = String.fromCharCode(...bytes)
  const known = serviceOf(bytes)
  const kept = new Uint8Array(bytes.length)
  for (const { index, 0: sign } of text.matchAll(SIGNS)) kept.fill(1, index, index + sign.length)
  const [first = 0] = bytes
  if (known !== undefined && (first < 0x20 || first >= 0x7f)) kept.fill(1, 0, BINARY_SIGN)
  for (const [i, byte] of bytes.entries()) {
    if (kept[i] === 1) continue
    const character = String.fromCharCode(byte)
    if (/[a-z]/i.test(character)) bytes[i] = LETTER_X
    else if (/\d/.test(character)) bytes[i] = DIGIT_0
  }
}
