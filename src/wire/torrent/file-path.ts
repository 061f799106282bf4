import { sha256 } from '@noble/hashes/sha2.js'
import { decodeUtf8, encodeUtf8, toByteString, toHex } from '../../base/bytes.ts'

/** Longest name that common file systems take, in bytes. */
const MAX_NAME_LENGTH = 255

/**
 * A relative path, with `/` between its elements, that is safe to create below a folder on any system: it never leaves the
 * folder, never names a device of Windows, and holds no control, format or bidi character.
 *
 * What cannot stay is written as `%XX`, one for each UTF-8 byte: control and format characters, `<>:"/\|?*`, bytes that are
 * no UTF-8, a dot or space at the end of an element, the first letter of a reserved name, and a `%` that would
 * read as such an escape. So different elements stay different. Elements over 255 bytes are cut and end in `~` and the
 * start of their SHA-256. An empty element becomes `%`, which nothing else does.
 *
 * Names that differ in nothing but case or Unicode normalisation can still meet on a file system that ignores these, and
 * so can a file and a folder of one name: create files exclusively and take an existing one for an error.
 */
export function safeFilePath(elements: readonly Uint8Array[]): string {
  return elements.length === 0 ? '%' : elements.map(safeElement).join('/')
}

const UNSAFE_CHARACTER = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}<>:"/\\|?*]|%(?=[0-9A-Fa-f]{2})|^%$/gu
const UNSAFE_BYTE = /[^ -~]|[<>:"/\\|?*]|%(?=[0-9A-Fa-f]{2})/g

/** Windows takes these for devices in every folder, whatever extension follows. */
const RESERVED_NAME = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)/i

function safeElement(element: Uint8Array): string {
  if (element.length === 0) return '%'
  const text = decodeUtf8(element)
  let name =
    text === undefined
      ? toByteString(element).replace(UNSAFE_BYTE, (byte) => escapeByte(byte.charCodeAt(0)))
      : text.replace(UNSAFE_CHARACTER, escapeText)
  if (RESERVED_NAME.test(name)) name = escapeText(name.slice(0, 1)) + name.slice(1)
  name = name.replace(/[. ]$/, escapeText)
  return encodeUtf8(name).length <= MAX_NAME_LENGTH ? name : cut(name, element)
}

function escapeText(text: string): string {
  return Array.from(encodeUtf8(text), escapeByte).join('')
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function cut(name: string, element: Uint8Array): string {
  const mark = `~${toHex(sha256(element)).slice(0, 16)}`
  let start = ''
  let room = MAX_NAME_LENGTH - mark.length
  for (const character of name) {
    room -= encodeUtf8(character).length
    if (room < 0) break
    start += character
  }
  return start + mark
}
