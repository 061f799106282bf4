import { sha256 } from '@noble/hashes/sha2.js'
import { decodeUtf8, encodeUtf8, toByteString, toHex, utf8Length } from '../../base/bytes.ts'
import { escapeByte, escapeText, type NameRules, PORTABLE_NAMES } from './name-rules.ts'

/** Longest name that common file systems allow, in bytes. */
const MAX_NAME_LENGTH = 255

/** Most folders above a file. No real torrent has more. */
const MAX_FOLDERS = 100

const NO_NAME = '_'

/**
 * A relative path, with `/` between its elements, that is safe to create below a folder: it never leaves the folder, and
 * contains no control characters and no bidirectional formatting characters.
 *
 * Empty elements, `.` and `..` are omitted, as in libtorrent; if nothing remains, the path is `_`. Characters that the
 * rules do not allow are written as `%XX`, one per UTF-8 byte. Elements over 255 bytes are truncated and end in `~` and
 * the start of their SHA-256, and so are folders below the 99th.
 *
 * Different paths can become the same. `FileLayout` makes the paths of a torrent unique.
 *
 * @param rules what the system allows; by default what all systems allow
 */
export function safeFilePath(elements: readonly Uint8Array[], rules: NameRules = PORTABLE_NAMES): string {
  const kept = elements.filter((element) => !isNavigation(element))
  if (kept.length === 0) return NO_NAME
  const names = kept.map((element) => safeName(element, rules))
  if (names.length <= MAX_FOLDERS + 1) return names.join('/')
  const deep = names.slice(MAX_FOLDERS - 1, -1).join('/')
  return [...names.slice(0, MAX_FOLDERS - 1), mark(encodeUtf8(deep)), names.at(-1)].join('/')
}

/**
 * Another name for a path that is in use: adds a number before its extension.
 * @returns a name within the maximum length
 */
export function numberedPath(path: string, number: number): string {
  const start = path.lastIndexOf('/') + 1
  const dot = path.lastIndexOf('.')
  const end = dot > start ? dot : path.length
  const ending = `.${number}${path.slice(end)}`
  const room = MAX_NAME_LENGTH - utf8Length(ending)
  const [stem, rest] = room > 0 ? [path.slice(start, end), ending] : [path.slice(start), `.${number}`]
  return path.slice(0, start) + startOf(stem, MAX_NAME_LENGTH - utf8Length(rest)) + rest
}

function isNavigation(element: Uint8Array): boolean {
  return element.length <= 2 && element.every((byte) => byte === DOT)
}

const DOT = 0x2e

/** Escapes what the rules do not allow in one element. `.` and `..` are kept, so use it for display only. */
export function escapeName(element: Uint8Array, { unsafe, unsafeByte }: NameRules): string {
  const text = decodeUtf8(element)
  return text === undefined
    ? toByteString(element).replace(unsafeByte, (byte) => escapeByte(byte.charCodeAt(0)))
    : text.replace(unsafe, escapeText)
}

function safeName(element: Uint8Array, rules: NameRules): string {
  const name = rules.finish(escapeName(element, rules))
  if (utf8Length(name) <= MAX_NAME_LENGTH) return name
  const ending = mark(element)
  return startOf(name, MAX_NAME_LENGTH - ending.length) + ending
}

function mark(bytes: Uint8Array): string {
  return `~${toHex(sha256(bytes)).slice(0, 16)}`
}

/** The longest prefix of whole characters that fits in `length` bytes. */
function startOf(text: string, length: number): string {
  let start = ''
  let room = length
  for (const character of text) {
    room -= utf8Length(character)
    if (room < 0) break
    start += character
  }
  return start
}
