import { firstIndex } from '../../base/binary-search.ts'
import { escapeName, numberedPath, safeFilePath } from './file-path.ts'
import type { Metainfo } from './metainfo.ts'
import { type NameRules, PORTABLE_NAMES } from './name-rules.ts'
import { firstFileEndingAfter, pieceLengthAt } from './piece-layout.ts'

/** A file as it is to stand on disk. */
export interface LaidOutFile {
  /** Relative, safe to create below any folder; `/` between its elements. */
  readonly path: string
  /** In bytes. */
  readonly length: number
  /** Of its first byte, from the start of piece 0. */
  readonly offset: number
}

/** A symbolic link of a torrent, to be reported. */
export interface LaidOutLink {
  /** Where it would be, as the path of a file. */
  readonly path: string
  /** Where it leads, from the folder of the torrent, escaped for display; empty when the torrent does not say. */
  readonly target: string
}

/** The part of a run of bytes that falls into one file. */
export interface FilePart {
  readonly file: LaidOutFile
  /** First byte within the file. */
  readonly at: number
  /** First byte within the run. */
  readonly from: number
  readonly length: number
}

/** Where the bytes of a torrent go on disk. Pad files and links have no place there. */
export class FileLayout {
  /** In the order of the pieces. */
  readonly files: readonly LaidOutFile[]

  /** Symbolic links (BEP 47), which are never made. */
  readonly links: readonly LaidOutLink[]

  /** @param rules what the system allows in names; by default what every system does */
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
   * The files that a run of bytes falls into. Bytes of pad files, and of the gaps between the files of v2, are in none.
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
 * How many bytes of a piece have to come from a peer: without what pad files add at its end, which is zeros, which some
 * seeds of hybrids do not serve, and which v2 has not got at all.
 * @throws RangeError when there is no such piece
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
 * Gives a number to each path that an earlier file has, or that is a folder of another file. The same torrent always gets the
 * same names, so that a download goes on where it stopped.
 */
function distinctPaths(paths: readonly string[], rules: NameRules): readonly string[] {
  const keys = paths.map((path) => rules.key(path))
  const files = new Set(keys)
  if (files.size === keys.length && !isFolderAmong(keys, files)) return paths
  const folders = new Set(keys.flatMap((key) => [...foldersOf(key)]))
  const taken = new Set<string>()
  /** For each key the last number given, so that many files of one name take no time squared. */
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

/** Whether a folder of one of the paths is among the files. Folders are looked at once, since many files share them. */
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
