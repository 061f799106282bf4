import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  type BigIntStats,
} from 'node:fs'
import { join } from 'node:path'
import { PeerError } from '../../base/errors.ts'
import { systemCode } from '../socket-errors.ts'
import { inTheWay } from './write-error.ts'

/**
 * Files below one folder, opened without following links. Paths are relative and normalized, with `/` as the separator.
 * Methods throw the error of the system, such as ENOENT for a missing file, and PeerError E_FILE_EXISTS when a link or a
 * file is in the place of a folder.
 */
export interface FolderTree {
  /** Opens an existing file. */
  open(path: string, flags: number): number
  /** Creates a file that must not exist, and its folders. */
  create(path: string): number
  /** What currently has the name; links are not followed. */
  stat(path: string): BigIntStats
  /** Throws if files cannot be created in the folder. */
  checkWritable(): void
  /** Whether the folder still has its own name. */
  isInPlace(): boolean
  close(): void
}

/** Do not follow a link, and do not wait for the other end of a pipe. Windows has neither flag. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | SAFELY
const FILE_MODE = 0o666
const MAKE_FILES = constants.W_OK | constants.X_OK

/** O_PATH: opens a folder without the right to list it. Linux only; Node does not define it. */
const O_PATH = 0o10000000

/**
 * The safest tree that the platform supports.
 * @param root an existing folder; may be a link, because the user chose it
 */
export function openFolderTree(root: string): FolderTree {
  return (process.platform === 'linux' ? openHandleTree(root) : undefined) ?? new PathTree(root)
}

/** Undefined where /proc is not mounted. */
export function openHandleTree(root: string): FolderTree | undefined {
  const handle = openSync(root, O_PATH | constants.O_DIRECTORY)
  const through = statSync(`/proc/self/fd/${handle}`, { bigint: true, throwIfNoEntry: false })
  if (through !== undefined && isSameInode(through, fstatSync(handle, { bigint: true })))
    return new HandleTree(root, handle)
  closeSync(handle)
  return undefined
}

/**
 * Opens each folder relative to the open handle of its parent, through /proc/self/fd, because Node does not have `openat`.
 * Changes to names in the meantime cannot lead outside the tree. Only the handle of the root is kept; the folders are looked
 * up by name again for the next file.
 */
class HandleTree implements FolderTree {
  readonly #path: string
  readonly #root: number

  constructor(path: string, root: number) {
    this.#path = path
    this.#root = root
  }

  open(path: string, flags: number): number {
    return this.#enter(path, openFolder, (at) => openSync(at, flags | SAFELY))
  }

  create(path: string): number {
    return this.#enter(path, makeFolder, (at) => openSync(at, CREATE, FILE_MODE))
  }

  stat(path: string): BigIntStats {
    return this.#enter(path, openFolder, (at) => lstatSync(at, { bigint: true }))
  }

  checkWritable(): void {
    accessSync(`/proc/self/fd/${this.#root}`, MAKE_FILES)
  }

  isInPlace(): boolean {
    return hasName(this.#path, fstatSync(this.#root, { bigint: true }))
  }

  close(): void {
    closeSync(this.#root)
  }

  #enter<T>(path: string, step: (at: string) => number, action: (at: string) => T): T {
    const elements = path.split('/')
    const name = elements.pop() ?? ''
    let folder = this.#root
    try {
      for (const [index, element] of elements.entries()) {
        const next = this.#step(`/proc/self/fd/${folder}/${element}`, step, elements.slice(0, index + 1))
        if (folder !== this.#root) closeSync(folder)
        folder = next
      }
      return action(`/proc/self/fd/${folder}/${name}`)
    } finally {
      if (folder !== this.#root) closeSync(folder)
    }
  }

  #step(at: string, step: (at: string) => number, elements: readonly string[]): number {
    try {
      return step(at)
    } catch (cause) {
      const code = systemCode(cause)
      if (code !== 'ENOTDIR' && code !== 'ELOOP') throw cause
      throw notFolder(join(this.#path, ...elements), lstatSync(at, { bigint: true, throwIfNoEntry: false }))
    }
  }
}

function openFolder(at: string): number {
  return openSync(at, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}

function makeFolder(at: string): number {
  try {
    return openFolder(at)
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
  }
  makeOne(at)
  return openFolder(at)
}

/**
 * Works with full paths, for platforms without a better way, and checks every folder of the path before and after. A program
 * that replaces a folder between the two checks can cause an empty file to be created elsewhere; nothing is written to it.
 */
export class PathTree implements FolderTree {
  readonly #path: string
  readonly #root: BigIntStats

  constructor(path: string) {
    this.#path = path
    this.#root = statSync(path, { bigint: true })
  }

  open(path: string, flags: number): number {
    return this.#opened(path, this.#foldersOf(path), (whole) => openSync(whole, flags | SAFELY))
  }

  create(path: string): number {
    const elements = path.split('/').slice(0, -1)
    for (const index of elements.keys()) {
      const folder = elements.slice(0, index + 1).join('/')
      this.#foldersOf(folder)
      makeOne(join(this.#path, folder))
    }
    return this.#opened(path, this.#foldersOf(path), (whole) => openSync(whole, CREATE, FILE_MODE))
  }

  stat(path: string): BigIntStats {
    this.#foldersOf(path)
    return lstatSync(join(this.#path, path), { bigint: true })
  }

  checkWritable(): void {
    accessSync(this.#path, MAKE_FILES)
  }

  isInPlace(): boolean {
    return hasName(this.#path, this.#root)
  }

  close(): void {
    // there is nothing to close
  }

  #opened(path: string, before: readonly BigIntStats[], open: (whole: string) => number): number {
    const whole = join(this.#path, path)
    const descriptor = open(whole)
    try {
      const after = this.#foldersOf(path)
      const isSame = before.every((folder, index) => isSameInode(folder, after[index]))
      // on Windows, `open` cannot be prevented from following a link
      if (isSame && isSameInode(fstatSync(descriptor, { bigint: true }), this.stat(path))) return descriptor
      throw replaced(whole)
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  /** Every folder of the path to a file, starting with the root. */
  #foldersOf(path: string): readonly BigIntStats[] {
    const root = statSync(this.#path, { bigint: true })
    if (!isSameInode(root, this.#root)) throw replaced(this.#path)
    const found = [root]
    let whole = this.#path
    for (const element of path.split('/').slice(0, -1)) {
      whole = join(whole, element)
      const stats = lstatSync(whole, { bigint: true })
      if (!stats.isDirectory()) throw notFolder(whole, stats)
      found.push(stats)
    }
    return found
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path)
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw cause
  }
}

function hasName(path: string, folder: BigIntStats): boolean {
  return isSameInode(statSync(path, { bigint: true, throwIfNoEntry: false }), folder)
}

function isSameInode(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}

function replaced(path: string): PeerError {
  return new PeerError('E_FILE_WRITE', `${path}, or a folder above it, was replaced while it was in use`)
}

function notFolder(path: string, stats: BigIntStats | undefined): PeerError {
  // it has changed since it was opened
  if (stats === undefined || stats.isDirectory()) return replaced(path)
  return inTheWay(path, stats.isSymbolicLink() ? 'a symbolic link' : 'not a folder')
}
