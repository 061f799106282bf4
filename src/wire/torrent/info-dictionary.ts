import { decodeUtf8 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { MAX_METAINFO_DEPTH, MAX_METAINFO_ITEMS, MAX_PIECE_LENGTH } from '../../base/limits.ts'
import { BencodeScanner, MalformedBencode } from '../bencode-scanner.ts'
import type { NoteList } from './notes.ts'

/** Where a value is in the file, in bytes: its first byte, and the one after its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * An info dictionary on its way to a `Metainfo`. It is kept as the bytes that it came in: a .torrent may hold millions of
 * values, and most of them are read once.
 */
export interface InfoDictionary {
  /** What it was found in: a .torrent, or the info dictionary itself. */
  readonly file: Uint8Array
  /** The dictionary as it came; the info hashes are over these bytes. */
  readonly bytes: Uint8Array
  /** The value of each member that is known. */
  readonly members: ReadonlyMap<string, Span>
  readonly notes: NoteList
}

/** The members that are looked at. Others are checked as bencode and not kept. */
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
 * Starts to read a file. Keys out of order or twice and leading zeros are read, since clients do; they become notes when the
 * scan is over (`noteIssues`).
 */
export function scanFile(file: Uint8Array): BencodeScanner {
  return new BencodeScanner(file, {
    maxDepth: MAX_METAINFO_DEPTH,
    maxItems: MAX_METAINFO_ITEMS,
    leadingZeros: 'counted',
  })
}

/** Reads the dictionary that begins at the scanner's place. @throws MalformedBencode */
export function scanInfo(file: Uint8Array, scanner: BencodeScanner, notes: NoteList): InfoDictionary {
  const start = scanner.at
  const members = new Map<string, Span>()
  scanner.dictionary((key, isFirst) => {
    const value = skipValue(scanner)
    if (isFirst && KNOWN_MEMBERS.has(key)) members.set(key, value)
  })
  return { file, bytes: file.subarray(start, scanner.at), members, notes }
}

/** Passes over one value. @throws MalformedBencode */
export function skipValue(scanner: BencodeScanner): Span {
  const start = scanner.at
  scanner.skip()
  return { start, end: scanner.at }
}

/** What the scan of the file has found odd. */
export function noteIssues({ issues, leadingZeros }: BencodeScanner, notes: NoteList): void {
  for (const [issue, { count, offset }] of issues) notes.add(issue, offset, count)
  if (leadingZeros !== undefined) notes.add('leading-zero', leadingZeros.offset, leadingZeros.count)
}

/** A scanner for a part of the file that the first scan has passed over, so that it is known to be well-formed and bounded. */
export function rescan(file: Uint8Array, at: number): BencodeScanner {
  return new BencodeScanner(
    file,
    { maxDepth: Number.POSITIVE_INFINITY, maxItems: Number.POSITIVE_INFINITY, leadingZeros: 'counted' },
    at,
  )
}

/** What `read` gives. @throws PeerError E_BAD_TORRENT in place of `MalformedBencode` */
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

/** The error for a member of the info dictionary, at its place. */
export function badMember(info: InfoDictionary, key: string, message: string): PeerError {
  return badTorrent(message, info.members.get(key)?.start ?? info.bytes.byteOffset - info.file.byteOffset)
}

/** A member that has to be an integer; undefined when it is missing or something else. */
export function integerMember(info: InfoDictionary, key: string): number | bigint | undefined {
  const span = info.members.get(key)
  if (span === undefined) return undefined
  const scanner = rescan(info.file, span.start)
  return scanner.next === 'integer' ? scanner.integer() : undefined
}

/** A member that has to be a byte string; undefined when it is missing or something else. */
export function stringMember(info: InfoDictionary, key: string): Uint8Array | undefined {
  const span = info.members.get(key)
  if (span === undefined) return undefined
  const scanner = rescan(info.file, span.start)
  return scanner.next === 'string' ? scanner.string() : undefined
}

/** As `stringMember`, of a member that the torrent may lack: one of another type becomes a note. */
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
 * The name, in UTF-8 where the torrent has it in two encodings; empty when there is none. It may be anything: whoever writes
 * files cleans it.
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

/** Notes a name that can only be used after it was changed, and one that is not text. */
export function noteName(notes: NoteList, element: Uint8Array, offset: number): void {
  if (isUnsafeName(element)) notes.add('unsafe-name', offset)
  if (decodeUtf8(element) === undefined) notes.add('name-not-utf-8', offset)
}

/** Names that would lead somewhere else, and names that no system allows. */
function isUnsafeName(element: Uint8Array): boolean {
  if (element.length <= 2 && element.every((byte) => byte === DOT)) return true
  return element.includes(SLASH) || element.includes(0)
}

const DOT = 0x2e
const SLASH = 0x2f
