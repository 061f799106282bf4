import { closeSync, constants, fstatSync, readSync, writeSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { PeerError } from '../../base/errors.ts'
import type { FileLayout, LaidOutFile } from '../../wire/torrent/file-layout.ts'
import { systemCode } from '../socket-errors.ts'
import { type FolderTree, openFolderTree } from './folder-tree.ts'
import { KnownFiles } from './known-files.ts'
import { makeFolders } from './make-folders.ts'
import { readError } from './read-error.ts'
import { changed, inTheWay, writeError } from './write-error.ts'

/** Stores the data of a torrent. Offsets count from the start of piece 0. */
export interface PieceStore {
  /** Fills `target`; returns false if some of the data is missing. */
  read(offset: number, target: Uint8Array): boolean
  /**
   * Checks whether a write there would be blocked, without writing.
   * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE
   */
  prepareWrite(offset: number, length: number): void
  /** @throws PeerError E_DISK_FULL, E_FILE_EXISTS or E_FILE_WRITE */
  write(offset: number, bytes: Uint8Array): void
  /** Creates an empty file of the torrent if it does not exist. @throws PeerError as `write` */
  createEmpty(file: LaidOutFile): void
  /**
   * Checks whether the file that was written last is still in its place.
   * @throws PeerError E_FILE_WRITE if it was removed or replaced
   */
  checkLast(): void
  /**
   * Checks whether all files that were read or written are still in their places.
   * @param pause awaited at intervals, because there can be many files
   * @throws PeerError E_FILE_WRITE if one was removed, replaced or truncated
   */
  checkAll(pause: () => Promise<void>): Promise<void>
  close(): void
}

/** Maximum number of open files; a piece can span many small files. */
const MAX_OPEN_FILES = 64

/** Files to check between two pauses. */
const FILES_A_TURN = 1024

/**
 * The maximum size of one write, in bytes. For longer writes, Linux allocates larger runs of pages for its cache, which must be
 * found or, on a virtual machine that returns free memory, come from the host. The same pieces then took up to nine times the
 * CPU time.
 */
const WRITE_LENGTH = 32_768

const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EIO'])

interface OpenFile {
  readonly descriptor: number
  readonly writable: boolean
}

/**
 * The files of one torrent below a folder. Files are opened on first use, and existing data is kept. Nothing outside the folder
 * is ever accessed: links in it are refused, not followed, and so is a file that has other names (hard links) when it would be
 * written.
 *
 * All calls are synchronous: for pieces of a few MiB, a write to the page cache is faster than handing it to another thread.
 */
export class DownloadFolder implements PieceStore {
  readonly #root: string
  readonly #layout: FileLayout
  readonly #tree: FolderTree
  /** In order of use, the most recent last. */
  readonly #open = new Map<LaidOutFile, OpenFile>()
  readonly #known = new KnownFiles()
  /** Files that were not found, so that they are not looked up again for each piece. */
  readonly #absent = new Set<LaidOutFile>()
  #rootIsWritable = false
  #last: LaidOutFile | undefined

  /**
   * @param root created if it is missing; may itself be a link, because the user chose it
   * @throws PeerError E_FILE_EXISTS if it is a file, E_FILE_WRITE
   */
  constructor(root: string, layout: FileLayout, openTree: (root: string) => FolderTree = openFolderTree) {
    this.#root = root
    this.#layout = layout
    makeFolders(root)
    this.#tree = guarded(root, () => openTree(root))
  }

  read(offset: number, target: Uint8Array): boolean {
    return this.#layout.partsOf(offset, target.length).every(({ file, at, from, length }) => {
      const open = this.#reading(file)
      if (open === undefined) return false
      const isThere = this.#guarded(file, () =>
        readAll(open.descriptor, target.subarray(from, from + length), at),
      )
      if (isThere) this.#known.reaches(file, at + length)
      return isThere
    })
  }

  prepareWrite(offset: number, length: number): void {
    for (const { file } of this.#layout.partsOf(offset, length)) {
      if (this.#reading(file) !== undefined) this.#writing(file)
      else this.#checkRoot()
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    for (const { file, at, from, length } of this.#layout.partsOf(offset, bytes.length)) {
      const { descriptor } = this.#writing(file)
      this.#guarded(file, () => writeAll(descriptor, bytes.subarray(from, from + length), at))
      this.#known.reaches(file, at + length)
      this.#last = file
      // some file systems do not count links
      if (fstatSync(descriptor).nlink === 0) this.#check(file)
    }
  }

  createEmpty(file: LaidOutFile): void {
    if (this.#reading(file) === undefined) this.#create(file)
  }

  checkLast(): void {
    if (this.#last === undefined) return
    this.#checkPlace()
    this.#check(this.#last)
  }

  async checkAll(pause: () => Promise<void>): Promise<void> {
    this.#checkPlace()
    let count = 0
    for (const file of this.#known.files) {
      this.#check(file)
      if (++count % FILES_A_TURN === 0) await pause()
    }
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor)
    this.#open.clear()
    this.#tree.close()
  }

  #pathOf(file: LaidOutFile): string {
    return join(this.#root, file.path)
  }

  #checkPlace(): void {
    if (!guarded(this.#root, () => this.#tree.isInPlace())) throw changed(this.#root, 'moved or replaced')
  }

  #check(file: LaidOutFile): void {
    this.#known.check(
      file,
      this.#pathOf(file),
      this.#ifThere(file, () => this.#tree.stat(file.path)),
    )
  }

  /** Undefined if the file does not exist. */
  #reading(file: LaidOutFile): OpenFile | undefined {
    if (this.#absent.has(file)) return undefined
    const open = this.#used(file)
    if (open !== undefined) return open
    const descriptor = this.#ifThere(file, () => this.#openToRead(file))
    if (descriptor !== undefined) return this.#keep(file, { descriptor, writable: false }, checkContent)
    this.#absent.add(file)
    return undefined
  }

  #openToRead(file: LaidOutFile): number {
    try {
      return this.#tree.open(file.path, constants.O_RDONLY)
    } catch (cause) {
      if (!UNREADABLE.has(systemCode(cause) ?? '')) throw cause
      throw readError(this.#pathOf(file), cause, 'existing data is hashed: make it readable, or move it away')
    }
  }

  #writing(file: LaidOutFile): OpenFile {
    const open = this.#used(file)
    if (open?.writable === true) return open
    const descriptor = this.#absent.has(file)
      ? undefined
      : this.#ifThere(file, () => this.#tree.open(file.path, constants.O_RDWR))
    if (descriptor === undefined) return this.#create(file)
    return this.#keep(file, { descriptor, writable: true }, checkWritable)
  }

  #create(file: LaidOutFile): OpenFile {
    // a file that existed and is gone was removed by another program
    if (this.#known.has(file)) throw changed(this.#pathOf(file), 'removed')
    const descriptor = this.#guarded(file, () => this.#createNew(file))
    this.#absent.delete(file)
    return this.#keep(file, { descriptor, writable: true }, checkContent)
  }

  #createNew(file: LaidOutFile): number {
    try {
      return this.#tree.create(file.path)
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause
      // it may be another file of the torrent, on a file system where the two names are the same: this reports it
      this.#absent.delete(file)
      this.#reading(file)
      throw inTheWay(this.#pathOf(file), 'a file that another program created in the meantime')
    }
  }

  /** Accepts a file that was just opened, if it is the right one. */
  #keep(
    file: LaidOutFile,
    open: OpenFile,
    check: (file: LaidOutFile, stats: BigIntStats) => string,
  ): OpenFile {
    try {
      const stats = fstatSync(open.descriptor, { bigint: true })
      const problem = check(file, stats)
      if (problem !== '') throw inTheWay(this.#pathOf(file), problem)
      this.#known.add(file, this.#pathOf(file), stats)
    } catch (error) {
      closeSync(open.descriptor)
      throw error
    }
    this.#letGo(file)
    const [oldest] = this.#open.keys()
    if (this.#open.size >= MAX_OPEN_FILES && oldest !== undefined) this.#letGo(oldest)
    this.#open.set(file, open)
    return open
  }

  #used(file: LaidOutFile): OpenFile | undefined {
    const open = this.#open.get(file)
    if (open === undefined) return undefined
    this.#open.delete(file)
    this.#open.set(file, open)
    return open
  }

  #letGo(file: LaidOutFile): void {
    const open = this.#open.get(file)
    if (open === undefined) return
    this.#open.delete(file)
    closeSync(open.descriptor)
  }

  /** Reports in advance what the creation of any file would fail with. */
  #checkRoot(): void {
    if (this.#rootIsWritable) return
    guarded(this.#root, () => this.#tree.checkWritable())
    this.#rootIsWritable = true
  }

  #ifThere<T>(file: LaidOutFile, action: () => T): T | undefined {
    try {
      return action()
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw storeError(this.#pathOf(file), cause)
    }
  }

  #guarded<T>(file: LaidOutFile, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw storeError(this.#pathOf(file), cause)
    }
  }
}

/** What is wrong with an existing file in the place of this file of the torrent; empty if nothing is. */
function checkContent(file: LaidOutFile, stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a folder'
  if (!stats.isFile()) return 'not a regular file'
  return stats.size > file.length ? `${stats.size} bytes long, but ${file.length} in the torrent` : ''
}

/** A write would change the file under all of its names, wherever they are. */
function checkWritable(file: LaidOutFile, stats: BigIntStats): string {
  if (stats.nlink > 1n) return `incomplete and a hard link: ${stats.nlink} names share the file`
  return checkContent(file, stats)
}

function readAll(descriptor: number, target: Uint8Array, at: number): boolean {
  for (let done = 0; done < target.length;) {
    const read = readSync(descriptor, target, done, target.length - done, at + done)
    if (read === 0) return false
    done += read
  }
  return true
}

function writeAll(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(descriptor, bytes, done, Math.min(WRITE_LENGTH, bytes.length - done), at + done)
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw storeError(path, cause)
  }
}

function storeError(path: string, cause: unknown): PeerError {
  if (cause instanceof PeerError) return cause
  switch (systemCode(cause)) {
    case 'ELOOP':
      return inTheWay(path, 'a symbolic link')
    case 'EISDIR':
      return inTheWay(path, 'a folder')
    case 'ENXIO':
      return inTheWay(path, 'not a regular file')
    default:
      return writeError(path, cause)
  }
}
