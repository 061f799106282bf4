import { toByteString } from '../../base/bytes.ts'
import type { BencodeScanner } from '../bencode-scanner.ts'
import { badTorrent, noteName, rescan, skipValue } from './info-dictionary.ts'
import type { NoteList } from './notes.ts'

/** A file and its place in piece space. */
export interface TorrentFile {
  /**
   * Path elements below the download folder as the torrent gives them, its name first; in UTF-8 where the torrent has them in
   * two encodings. They may be anything: empty, `.`, `..`, with `/` or zero bytes, or not UTF-8. Write files under
   * `safeFilePath(path)` only. Read from the torrent at each access: keep what is needed again.
   */
  readonly path: readonly Uint8Array[]
  /** In bytes; 0 for a symbolic link. */
  readonly length: number
  /** Of its first byte, counted in bytes from the start of piece 0. */
  readonly offset: number
  /** Zeros that only fill up a piece (BEP 47): served, never written. */
  readonly pad: boolean
  /** The letters of `attr` (BEP 47): `l` link, `x` executable, `h` hidden, `p` pad. A byte string, empty when there are none. */
  readonly attributes: string
  /**
   * Where a symbolic link leads (BEP 47), as path elements below the folder of the torrent, raw like those of `path`; empty when the
   * torrent does not say. Undefined for what is not a link. Links are reported and never made.
   */
  readonly linkTarget: readonly Uint8Array[] | undefined
  /** Root of its merkle tree; undefined in v1 and for empty files. */
  readonly piecesRoot: Uint8Array | undefined
}

/** Gives the elements of a path; a closure, because a million of them at once would take far more memory than the torrent. */
export type ReadPath = () => readonly Uint8Array[]

/** A file of a torrent, before and after it gets its place among the pieces. */
export class ListedFile implements TorrentFile {
  readonly length: number
  readonly pad: boolean
  readonly attributes: string
  offset = 0
  piecesRoot: Uint8Array | undefined
  /** The folder of the torrent; undefined for a torrent of one file. */
  folder: Uint8Array | undefined
  readonly #path: ReadPath
  readonly #linkTarget: ReadPath | undefined

  constructor(path: ReadPath, { length, attributes, linkTarget }: FileProperties) {
    this.length = length
    this.attributes = attributes
    this.pad = attributes.includes('p')
    this.#path = path
    this.#linkTarget = linkTarget
  }

  get path(): readonly Uint8Array[] {
    const path = this.#path()
    return this.folder === undefined ? path : [this.folder, ...path]
  }

  /** Its path below the folder of the torrent. */
  get pathInFolder(): readonly Uint8Array[] {
    return this.#path()
  }

  get linkTarget(): readonly Uint8Array[] | undefined {
    return this.#linkTarget?.()
  }
}

/** What v1 and v2 say about a file in the same keys. */
export interface FileProperties {
  readonly length: number
  readonly attributes: string
  readonly linkTarget: ReadPath | undefined
  /** Where the list of its path begins (v1). */
  readonly pathAt: number | undefined
  /** Of v2, of any length. */
  readonly piecesRoot: Uint8Array | undefined
}

/**
 * Reads the dictionary of a file at the scanner's place.
 * @throws PeerError E_BAD_TORRENT for one without a usable length
 */
export function readFileProperties(
  file: Uint8Array,
  scanner: BencodeScanner,
  notes: NoteList,
): FileProperties {
  const start = scanner.at
  const found = scanProperties(scanner, notes)
  const attributes = found.attributes === undefined ? '' : toByteString(found.attributes)
  const isLink = attributes.includes('l')
  if (isLink) notes.add('link', start)
  const { linkAt, length } = found
  return {
    length: isLink ? 0 : checkLength(length, found.lengthAt ?? start),
    attributes,
    linkTarget: isLink ? (linkAt === undefined ? () => [] : pathReader(file, linkAt)) : undefined,
    pathAt: found.utf8PathAt ?? found.pathAt,
    piecesRoot: found.piecesRoot,
  }
}

interface FoundProperties {
  length?: number | bigint
  lengthAt?: number
  attributes?: Uint8Array
  pathAt?: number
  utf8PathAt?: number
  linkAt?: number
  piecesRoot?: Uint8Array
}

function scanProperties(scanner: BencodeScanner, notes: NoteList): FoundProperties {
  const found: FoundProperties = {}
  scanner.dictionary((key, isFirst) => {
    const { at, next } = scanner
    const wanted = PROPERTY_KINDS.get(key)
    if (!isFirst || wanted === undefined) return scanner.skip()
    if (next !== wanted) {
      notes.add('wrong-type', at)
      return scanner.skip()
    }
    switch (key) {
      case 'length':
        found.length = scanner.integer()
        found.lengthAt = at
        return undefined
      case 'attr':
        found.attributes = scanner.string()
        return undefined
      case 'pieces root':
        found.piecesRoot = scanner.string()
        return undefined
      case 'path':
        if (!isEmptyList(scanner)) found.pathAt = at
        return undefined
      case 'path.utf-8':
        if (!isEmptyList(scanner)) found.utf8PathAt = at
        return undefined
      default:
        found.linkAt = skipValue(scanner).start
        return undefined
    }
  })
  return found
}

const PROPERTY_KINDS: ReadonlyMap<string, BencodeScanner['next']> = new Map([
  ['length', 'integer'],
  ['attr', 'string'],
  ['pieces root', 'string'],
  ['path', 'list'],
  ['path.utf-8', 'list'],
  ['symlink path', 'list'],
])

/** Passes over a list. */
function isEmptyList(scanner: BencodeScanner): boolean {
  let isEmpty = true
  scanner.list(() => {
    isEmpty = false
    scanner.skip()
  })
  return isEmpty
}

/** Reads the list of strings that begins there; what is not a string counts as an empty name. */
export function pathReader(file: Uint8Array, at: number): ReadPath {
  return () => {
    const elements: Uint8Array[] = []
    const scanner = rescan(file, at)
    scanner.list(() => {
      if (scanner.next === 'string') elements.push(scanner.string())
      else {
        scanner.skip()
        elements.push(NO_NAME)
      }
    })
    return elements
  }
}

const NO_NAME = new Uint8Array()

/** Notes the names of a path that are odd. */
export function notePath(file: Uint8Array, at: number, notes: NoteList): void {
  const scanner = rescan(file, at)
  scanner.list(() => {
    const { at: offset, next } = scanner
    if (next === 'string') return noteName(notes, scanner.string(), offset)
    notes.add('wrong-type', offset)
    return scanner.skip()
  })
}

/** @throws PeerError E_BAD_TORRENT unless the value is 0 to 2^53 - 1 */
export function checkLength(length: number | bigint | undefined, offset: number): number {
  if (typeof length === 'number' && length >= 0) return length
  throw badTorrent(`a file has ${length === undefined ? 'no length' : `a length of ${length}`}`, offset)
}
