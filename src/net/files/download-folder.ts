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

/** Where the bytes of a torrent are kept. Offsets count from the start of piece 0. */
export interface PieceStore {
  /** Fills `target`; false when not all of it is there. */
  read(offset: number, target: Uint8Array): boolean
  /**
   * Looks whether a write there would find anything in its way, and writes nothing.
   * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE
   */
  prepareWrite(offset: number, length: number): void
  /** @throws PeerError E_DISK_FULL, E_FILE_EXISTS or E_FILE_WRITE */
  write(offset: number, bytes: Uint8Array): void
  /** Creates a file that has no bytes, unless it is there. @throws PeerError as `write` */
  createEmpty(file: LaidOutFile): void
  /**
   * Looks whether the file written last is still in its place.
   * @throws PeerError E_FILE_WRITE when it was removed or replaced
   */
  checkLast(): void
  /**
   * Looks whether all files that were read or written are still in their places.
   * @param pause is waited for now and then, since there can be many
   * @throws PeerError E_FILE_WRITE when one was removed, replaced or made shorter
   */
  checkAll(pause: () => Promise<void>): Promise<void>
  close(): void
}

/** Files kept open at a time: a piece of many small files opens as many. */
const MAX_OPEN_FILES = 64

/** Files looked at between two pauses. */
const FILES_A_TURN = 1024

/**
 * Most bytes of one write. For a longer one Linux fills its cache with larger runs of pages, which have to be found or, on a
 * virtual machine that gives free memory back, come from the host: the same pieces took up to nine times the CPU time.
 */
const WRITE_LENGTH = 32_768

const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EIO'])

interface OpenFile {
  readonly descriptor: number
  readonly writable: boolean
}

/**
 * The files of one torrent below a folder. They are opened when their bytes are touched; what was there before is kept
 * where it is, and nothing outside the folder is ever reached: links in it are refused, not followed, and so is a file
 * that has other names (hard links), as soon as it would be written to.
 *
 * All calls are synchronous: for pieces up to some MiB a write into the page cache takes less than handing it over.
 */
export class DownloadFolder implements PieceStore {
  readonly #root: string
  readonly #layout: FileLayout
  readonly #tree: FolderTree
  /** The one used last at the end. */
  readonly #open = new Map<LaidOutFile, OpenFile>()
  readonly #known = new KnownFiles()
  /** Looked for and not found: a file is not looked up again for each of its pieces. */
  readonly #absent = new Set<LaidOutFile>()
  #rootIsWritable = false
  #last: LaidOutFile | undefined

  /**
   * @param root is created when it is missing; may be a link itself, as the user wants it
   * @throws PeerError E_FILE_EXISTS when it is a file, E_FILE_WRITE
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
      // there are file systems that count no links
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

  /** Undefined when the file is not there. */
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
      throw readError(this.#pathOf(file), cause, 'what is there is hashed: make it readable, or move it away')
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
    // what was there and is gone was somebody's doing
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
      // perhaps another file of the torrent, on a file system that takes two names for one: this says so
      this.#absent.delete(file)
      this.#reading(file)
      throw inTheWay(this.#pathOf(file), 'a file that another program made meanwhile')
    }
  }

  /** Takes a file that was just opened, unless it is not what it should be. */
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

  /** Tells early what every file that is to be made would meet. */
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
    return guarded(this.#pathOf(file), action)
  }
}

/** What is wrong with a file that is to hold this file of the torrent; empty when nothing is. */
function checkContent(file: LaidOutFile, stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a folder'
  if (!stats.isFile()) return 'not a regular file'
  return stats.size > file.length ? `${stats.size} bytes long, and has ${file.length} in the torrent` : ''
}

/** A write would show under all names of the file, wherever they are. */
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
