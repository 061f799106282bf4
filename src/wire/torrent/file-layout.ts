import { PeerError } from '../../base/errors.ts'
import { safeFilePath } from './file-path.ts'
import type { Metainfo } from './metainfo.ts'
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

  /** @throws PeerError E_BAD_TORRENT when two files would stand in one place, or one inside the other */
  constructor(metainfo: Metainfo) {
    this.files = metainfo.files
      .filter(({ pad, linkTarget }) => !pad && linkTarget === undefined)
      .map(({ path, length, offset }) => ({ path: safeFilePath(path), length, offset }))
    checkPlaces(this.files)
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
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((files[middle]?.offset ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

function checkPlaces(files: readonly LaidOutFile[]): void {
  const paths = new Set<string>()
  for (const { path } of files) {
    if (paths.has(path)) throw clash(path)
    paths.add(path)
  }
  for (const { path } of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      if (paths.has(path.slice(0, end))) throw clash(path.slice(0, end))
  }
}

function clash(path: string): PeerError {
  return new PeerError('E_BAD_TORRENT', `two files of the torrent would both stand at ${path}`, {
    phase: 'metadata',
  })
}
