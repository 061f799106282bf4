import type { BigIntStats } from 'node:fs'
import { PeerError } from '../../base/errors.ts'
import type { LaidOutFile } from '../../wire/torrent/file-layout.ts'
import { type FileIdentity, identityOf, isSameFile } from './file-identity.ts'
import { changed } from './write-error.ts'

interface KnownFile {
  readonly identity: FileIdentity
  /** Length of the data found or written, in bytes; the file must not become shorter. */
  length: number
}

/**
 * Maps the files of the torrent to files on disk. This detects files that were removed or replaced while they were not open,
 * and file systems that treat two names as one, for example those that ignore case.
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

  /** Registers an opened file. @throws PeerError if it is not the same file as before, or belongs to another file of the torrent */
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
        `${path} and ${owner.path} are two files in the torrent, but the same file on this file system`,
        { hint: 'use a folder on another file system with -o, or omit one of the two with --pieces' },
      )
    }
    this.#owners.set(inode, file)
    this.#files.set(file, { identity: identityOf(stats), length: 0 })
  }

  /** Records that the file has data up to this offset, found or written. */
  reaches(file: LaidOutFile, length: number): void {
    const known = this.#files.get(file)
    if (known !== undefined) known.length = Math.max(known.length, length)
  }

  /**
   * @param stats of what currently has the name; undefined if nothing does
   * @throws PeerError E_FILE_WRITE unless it is still the same file and has not become shorter
   */
  check(file: LaidOutFile, path: string, stats: BigIntStats | undefined): void {
    const known = this.#files.get(file)
    if (known === undefined) return
    if (stats === undefined) throw changed(path, 'removed')
    if (!isSameFile(known.identity, stats)) throw changed(path, 'replaced')
    if (stats.size < known.length) throw changed(path, 'truncated')
  }
}
