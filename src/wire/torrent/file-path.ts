import { sha256 } from '@noble/hashes/sha2.js'
import { decodeUtf8, encodeUtf8, toByteString, toHex, utf8Length } from '../../base/bytes.ts'
import { escapeByte, escapeText, type NameRules, PORTABLE_NAMES } from './name-rules.ts'

/** Longest name that common file systems take, in bytes. */
const MAX_NAME_LENGTH = 255

/** Most folders above a file. Deeper ones are real in no torrent. */
const MAX_FOLDERS = 100

const NO_NAME = '_'

/**
 * A relative path, with `/` between its elements, that is safe to create below a folder: it never leaves the folder, and
 * holds no control character and no character that changes the direction of writing.
 *
 * Empty elements, `.` and `..` are left out, as libtorrent does; when nothing is left, the path is `_`. What the rules do
 * not allow is written as `%XX`, one for each UTF-8 byte. Elements over 255 bytes are cut and end in `~` and the start of
 * their SHA-256, and so are folders below the 99th.
 *
 * Different paths can become one. `FileLayout` keeps the files of a torrent apart.
 *
 * @param rules what the system allows; by default what every system does
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
 * Another name for a path that is taken: a number before its extension.
 * @returns at most as long as names can be
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

/** One element with what the rules do not allow escaped; `.` and `..` stay, so it is for display only. */
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

/** As many whole characters as fit into that number of bytes. */
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
