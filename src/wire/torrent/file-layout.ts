import { firstIndex } from '../../base/binary-search.ts'
import { escapeName, numberedPath, safeFilePath } from './file-path.ts'
import type { Metainfo } from './metainfo.ts'
import { type NameRules, PORTABLE_NAMES } from './name-rules.ts'
import { firstFileEndingAfter, pieceLengthAt } from './piece-layout.ts'

/** A file and where it is written on disk. */
export interface LaidOutFile {
  /** Relative, safe to create below any folder; `/` between its elements. */
  readonly path: string
  /** In bytes. */
  readonly length: number
  /** Offset of its first byte, from the start of piece 0. */
  readonly offset: number
}

/** A symbolic link of a torrent; it is reported, never created. */
export interface LaidOutLink {
  /** Where it would be created, as the path of a file. */
  readonly path: string
  /** Its target relative to the folder of the torrent, escaped for display; empty when the torrent has none. */
  readonly target: string
}

/** The part of a range of bytes that is in one file. */
export interface FilePart {
  readonly file: LaidOutFile
  /** First byte within the file. */
  readonly at: number
  /** First byte within the range. */
  readonly from: number
  readonly length: number
}

/** Maps the bytes of a torrent to files on disk. Pad files and links are not written. */
export class FileLayout {
  /** In the order of the pieces. */
  readonly files: readonly LaidOutFile[]

  /** Symbolic links (BEP 47), which are never created. */
  readonly links: readonly LaidOutLink[]

  /** @param rules what the system allows in names; by default what all systems allow */
  constructor(metainfo: Metainfo, rules: NameRules = PORTABLE_NAMES) {
    const placed = metainfo.files.filter(({ pad, linkTarget }) => !pad && linkTarget === undefined)
    const paths = distinctPaths(
      placed.map(({ path }) => safeFilePath(path, rules)),
      rules,
    )
    this.files = placed.map(({ length, offset }, index) => ({ path: paths[index] ?? '', length, offset }))
    this.links = metainfo.files.flatMap(({ path, linkTarget }) =>
      linkTarget === undefined
        ? []
        : [
            {
              path: safeFilePath(path, rules),
              target: linkTarget.map((element) => escapeName(element, rules)).join('/'),
            },
          ],
    )
  }

  /**
   * The files that contain a range of bytes. Bytes of pad files, and of the gaps between v2 files, are in none.
   * @param offset from the start of piece 0
   */
  partsOf(offset: number, length: number): FilePart[] {
    const parts: FilePart[] = []
    const end = offset + length
    for (let i = firstFileEndingAfter(this.files, offset); i < this.files.length; i++) {
      const file = this.files[i] as LaidOutFile
      if (file.offset >= end) break
      const start = Math.max(offset, file.offset)
      const stop = Math.min(end, file.offset + file.length)
      if (stop > start)
        parts.push({ file, at: start - file.offset, from: start - offset, length: stop - start })
    }
    return parts
  }
}

/**
 * Number of bytes of a piece to request from a peer: without the zeros that pad files add at its end, which some seeds of
 * hybrid torrents do not serve, and which do not exist in v2.
 * @throws RangeError when the piece does not exist
 */
export function fetchedLengthAt(metainfo: Metainfo, piece: number): number {
  const start = piece * metainfo.pieceLength
  let end = start + pieceLengthAt(metainfo, piece)
  for (let i = lastStartingBefore(metainfo, end); i >= 0; i--) {
    const file = metainfo.files[i]
    if (file === undefined || file.offset + file.length <= start) break
    if (file.length === 0) continue
    if (!file.pad) break
    end = file.offset
  }
  return Math.max(0, end - start)
}

function lastStartingBefore({ files }: Metainfo, offset: number): number {
  return firstIndex(files.length, (index) => (files[index]?.offset ?? 0) >= offset) - 1
}

/**
 * Adds a number to each path that an earlier file has, or that is a folder of another file. The names are always the same
 * for the same torrent, so that a download can be resumed.
 */
function distinctPaths(paths: readonly string[], rules: NameRules): readonly string[] {
  const keys = paths.map((path) => rules.key(path))
  const files = new Set(keys)
  if (files.size === keys.length && !isFolderAmong(keys, files)) return paths
  const folders = new Set(keys.flatMap((key) => [...foldersOf(key)]))
  const taken = new Set<string>()
  /** The last number used for each key, so that many files with one name do not take quadratic time. */
  const numbers = new Map<string, number>()
  const isFree = (key: string): boolean => !taken.has(key) && !folders.has(key)
  return paths.map((path, index) => {
    const own = keys[index] ?? path
    let number = numbers.get(own) ?? 0
    let name = path
    let key = own
    while (!isFree(key)) {
      number++
      name = numberedPath(path, number)
      key = rules.key(name)
    }
    numbers.set(own, number)
    taken.add(key)
    return name
  })
}

/** Whether a folder of one of the paths is also a file. Each folder is checked once, because many files share them. */
function isFolderAmong(paths: readonly string[], files: ReadonlySet<string>): boolean {
  const seen = new Set<string>()
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (seen.has(folder)) break
      if (files.has(folder)) return true
      seen.add(folder)
    }
  }
  return false
}

/** The folders above a path, nearest first. */
function foldersOf(path: string): readonly string[] {
  const folders: string[] = []
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    folders.push(path.slice(0, end))
  return folders
}
