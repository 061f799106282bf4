import { decodeUtf8 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { MAX_METAINFO_DEPTH, MAX_METAINFO_ITEMS, MAX_PIECE_LENGTH } from '../../base/limits.ts'
import { BencodeScanner, MalformedBencode } from '../bencode-scanner.ts'
import type { NoteList } from './notes.ts'

/** The position of a value in the file, in bytes: its first byte, and the one after its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * An info dictionary that is being read into a `Metainfo`. It is kept as raw bytes: a .torrent may contain millions of
 * values, and most of them are read once.
 */
export interface InfoDictionary {
  /** The file that contains it: a .torrent, or the info dictionary itself. */
  readonly file: Uint8Array
  /** The raw dictionary; the info hashes cover these bytes. */
  readonly bytes: Uint8Array
  /** The position of the value of each known member. */
  readonly members: ReadonlyMap<string, Span>
  readonly notes: NoteList
}

/** The known members. Others are only checked for valid bencode. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'attr',
  'file tree',
  'files',
  'length',
  'meta version',
  'name',
  'name.utf-8',
  'piece length',
  'pieces',
  'private',
])

/**
 * Starts to read a file. Unsorted keys, duplicate keys and leading zeros are accepted, as in clients; they become notes
 * after the scan (`noteIssues`).
 */
export function scanFile(file: Uint8Array): BencodeScanner {
  return new BencodeScanner(file, {
    maxDepth: MAX_METAINFO_DEPTH,
    maxItems: MAX_METAINFO_ITEMS,
    leadingZeros: 'counted',
  })
}

/** Reads the dictionary at the scanner's position. @throws MalformedBencode */
export function scanInfo(file: Uint8Array, scanner: BencodeScanner, notes: NoteList): InfoDictionary {
  const start = scanner.at
  const members = new Map<string, Span>()
  scanner.dictionary((key, isFirst) => {
    const value = skipValue(scanner)
    if (isFirst && KNOWN_MEMBERS.has(key)) members.set(key, value)
  })
  return { file, bytes: file.subarray(start, scanner.at), members, notes }
}

/** Skips one value. @throws MalformedBencode */
export function skipValue(scanner: BencodeScanner): Span {
  const start = scanner.at
  scanner.skip()
  return { start, end: scanner.at }
}

/** Adds notes for the issues that the scan of the file has found. */
export function noteIssues({ issues, leadingZeros }: BencodeScanner, notes: NoteList): void {
  for (const [issue, { count, offset }] of issues) notes.add(issue, offset, count)
  if (leadingZeros !== undefined) notes.add('leading-zero', leadingZeros.offset, leadingZeros.count)
}

/** A scanner for a part of the file that the first scan has checked, so that it is known to be well-formed and bounded. */
export function rescan(file: Uint8Array, at: number): BencodeScanner {
  return new BencodeScanner(
    file,
    { maxDepth: Number.POSITIVE_INFINITY, maxItems: Number.POSITIVE_INFINITY, leadingZeros: 'counted' },
    at,
  )
}

/** Returns the result of `read`. @throws PeerError E_BAD_TORRENT in place of `MalformedBencode` */
export function readingBencode<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedBencode)) throw error
    throw badTorrent(`${what}: ${error.message}`, error.offset)
  }
}

export function badTorrent(message: string, offset: number, hint?: string): PeerError {
  return new PeerError('E_BAD_TORRENT', `${message} (at byte ${offset})`, {
    phase: 'resolve',
    offset,
    reference: 'BEP 3, BEP 52',
    hint: hint ?? 'get the .torrent again, or give the info hash with --info-hash instead',
  })
}

/** The error for a member of the info dictionary, with its offset. */
export function badMember(info: InfoDictionary, key: string, message: string): PeerError {
  return badTorrent(message, info.members.get(key)?.start ?? info.bytes.byteOffset - info.file.byteOffset)
}

/** A member that must be an integer; undefined when it is missing or has another type. */
export function integerMember(info: InfoDictionary, key: string): number | bigint | undefined {
  const span = info.members.get(key)
  if (span === undefined) return undefined
  const scanner = rescan(info.file, span.start)
  return scanner.next === 'integer' ? scanner.integer() : undefined
}

/** A member that must be a byte string; undefined when it is missing or has another type. */
export function stringMember(info: InfoDictionary, key: string): Uint8Array | undefined {
  const span = info.members.get(key)
  if (span === undefined) return undefined
  const scanner = rescan(info.file, span.start)
  return scanner.next === 'string' ? scanner.string() : undefined
}

/** Like `stringMember`, for an optional member: one of another type becomes a note. */
export function optionalString(info: InfoDictionary, key: string): Uint8Array | undefined {
  const value = stringMember(info, key)
  const span = info.members.get(key)
  if (value === undefined && span !== undefined) info.notes.add('wrong-type', span.start)
  return value
}

/** @throws PeerError E_BAD_TORRENT unless it is 1 to MAX_PIECE_LENGTH */
export function readPieceLength(info: InfoDictionary): number {
  const length = integerMember(info, 'piece length')
  if (typeof length !== 'number' || length < 1 || length > MAX_PIECE_LENGTH) {
    const what = length === undefined ? 'is missing' : `is ${length}`
    throw badMember(info, 'piece length', `the piece length ${what}, not 1 to ${MAX_PIECE_LENGTH}`)
  }
  return length
}

/**
 * The name, in UTF-8 if the torrent has it in two encodings; empty when there is none. It is not sanitised: code that
 * writes files must do so.
 */
export function readName(info: InfoDictionary): Uint8Array {
  const utf8 = optionalString(info, 'name.utf-8')
  const name = utf8 === undefined || utf8.length === 0 ? optionalString(info, 'name') : utf8
  const span = info.members.get('name') ?? info.members.get('name.utf-8')
  const offset = span?.start ?? info.bytes.byteOffset - info.file.byteOffset
  if (name === undefined || name.length === 0) info.notes.add('missing-name', offset)
  else noteName(info.notes, name, offset)
  return name ?? new Uint8Array()
}

/** Adds notes for a name that cannot be used unchanged, and for one that is not UTF-8. */
export function noteName(notes: NoteList, element: Uint8Array, offset: number): void {
  if (isUnsafeName(element)) notes.add('unsafe-name', offset)
  if (decodeUtf8(element) === undefined) notes.add('name-not-utf-8', offset)
}

/** Whether a name would leave the folder, or is not allowed on any system. */
function isUnsafeName(element: Uint8Array): boolean {
  if (element.length <= 2 && element.every((byte) => byte === DOT)) return true
  return element.includes(SLASH) || element.includes(0)
}

const DOT = 0x2e
const SLASH = 0x2f
