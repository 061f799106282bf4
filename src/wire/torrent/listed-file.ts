import { toByteString } from '../../base/bytes.ts'
import type { BencodeScanner } from '../bencode-scanner.ts'
import { badTorrent, noteName, rescan, skipValue } from './info-dictionary.ts'
import type { NoteList } from './notes.ts'

/** A file and its position in piece space. */
export interface TorrentFile {
  /**
   * Raw path elements below the download folder, the torrent's name first; in UTF-8 if the torrent has them in two encodings.
   * They are not sanitised: they may be empty, `.`, `..`, contain `/` or zero bytes, or not be UTF-8. Write files only to
   * `safeFilePath(path)`. Decoded on each access: keep the result if you need it again.
   */
  readonly path: readonly Uint8Array[]
  /** In bytes; 0 for a symbolic link. */
  readonly length: number
  /** Offset of its first byte, in bytes from the start of piece 0. */
  readonly offset: number
  /** Whether it is a pad file, zeros that fill up a piece (BEP 47): served, never written. */
  readonly pad: boolean
  /** The letters of `attr` (BEP 47): `l` link, `x` executable, `h` hidden, `p` pad. A byte string; empty when there are none. */
  readonly attributes: string
  /**
   * The target of a symbolic link (BEP 47), as path elements below the folder of the torrent, raw like those of `path`; empty
   * when the torrent has none. Undefined if the file is not a link. Links are reported and never created.
   */
  readonly linkTarget: readonly Uint8Array[] | undefined
  /** Root of its Merkle tree; undefined in v1 and for empty files. */
  readonly piecesRoot: Uint8Array | undefined
}

/** Returns the elements of a path. A function, because a million decoded paths would take far more memory than the torrent. */
export type ReadPath = () => readonly Uint8Array[]

/** A file of a torrent, before and after its offset is assigned. */
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

/** The properties of a file that v1 and v2 store in the same keys. */
export interface FileProperties {
  readonly length: number
  readonly attributes: string
  readonly linkTarget: ReadPath | undefined
  /** Offset of the list with its path (v1). */
  readonly pathAt: number | undefined
  /** For v2; its length is not checked yet. */
  readonly piecesRoot: Uint8Array | undefined
}

/**
 * Reads the dictionary of a file at the scanner's position.
 * @throws PeerError E_BAD_TORRENT when the file has no valid length
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

/** Skips a list and returns whether it is empty. */
function isEmptyList(scanner: BencodeScanner): boolean {
  let isEmpty = true
  scanner.list(() => {
    isEmpty = false
    scanner.skip()
  })
  return isEmpty
}

/** Reads the list of strings at `at`; other values count as an empty name. */
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

/** Adds notes for irregular names in a path. */
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
