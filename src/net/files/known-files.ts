import type { BigIntStats } from 'node:fs'
import { PeerError } from '../../base/errors.ts'
import type { LaidOutFile } from '../../wire/torrent/file-layout.ts'
import { type FileIdentity, identityOf, isSameFile } from './file-identity.ts'
import { changed } from './write-error.ts'

interface KnownFile {
  readonly identity: FileIdentity
  /** Length of what was found or written, in bytes: the file may not become shorter. */
  length: number
}

/**
 * Which file of the disk is which file of the torrent. By that it is seen when a file was removed or replaced while it was
 * not open, and when the file system takes two names for one, as those that ignore case do.
 */
export class KnownFiles {
  readonly #files = new Map<LaidOutFile, KnownFile>()
  readonly #owners = new Map<string, LaidOutFile>()

  get files(): IterableIterator<LaidOutFile> {
    return this.#files.keys()
  }

  has(file: LaidOutFile): boolean {
    return this.#files.has(file)
  }

  /** A file was opened. @throws PeerError when it is another one than before, or that of another file of the torrent */
  add(file: LaidOutFile, path: string, stats: BigIntStats): void {
    if (this.#files.has(file)) {
      this.check(file, path, stats)
      return
    }
    const inode = `${stats.dev}:${stats.ino}`
    const owner = this.#owners.get(inode)
    if (owner !== undefined) {
      throw new PeerError(
        'E_FILE_EXISTS',
        `${path} and ${owner.path} are one file on this file system, and two in the torrent`,
        { hint: 'give a folder on another file system with -o, or leave one of the two out with --pieces' },
      )
    }
    this.#owners.set(inode, file)
    this.#files.set(file, { identity: identityOf(stats), length: 0 })
  }

  /** Bytes up to here were found in the file or written to it. */
  reaches(file: LaidOutFile, length: number): void {
    const known = this.#files.get(file)
    if (known !== undefined) known.length = Math.max(known.length, length)
  }

  /**
   * @param stats of what has the name now; undefined when nothing has
   * @throws PeerError E_FILE_WRITE unless it is still the same file, and no shorter
   */
  check(file: LaidOutFile, path: string, stats: BigIntStats | undefined): void {
    const known = this.#files.get(file)
    if (known === undefined) return
    if (stats === undefined) throw changed(path, 'removed')
    if (!isSameFile(known.identity, stats)) throw changed(path, 'replaced')
    if (stats.size < known.length) throw changed(path, 'made shorter')
  }
}
