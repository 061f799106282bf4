import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { PeerError } from '../../base/errors.ts'
import type { FileLayout, LaidOutFile } from '../../wire/torrent/file-layout.ts'
import { writeError } from './output-file.ts'
import { systemCode } from '../socket-errors.ts'

/** Where the bytes of a torrent are kept. Offsets count from the start of piece 0. */
export interface PieceStore {
  /** Fills `target`; false when not all of it is there. */
  read(offset: number, target: Uint8Array): boolean
  /** @throws PeerError E_DISK_FULL, E_FILE_EXISTS or E_FILE_WRITE */
  write(offset: number, bytes: Uint8Array): void
  /** Creates the files that have no bytes. @throws PeerError as `write` */
  createEmptyFiles(): void
  close(): void
}

/** Files kept open at a time: a piece of many small files opens as many. */
const MAX_OPEN_FILES = 64

/**
 * Most bytes of one write. For a longer one Linux fills its cache with larger runs of pages, which have to be found or, on a
 * virtual machine that gives free memory back, come from the host: the same pieces took up to nine times the CPU time.
 */
const WRITE_LENGTH = 32_768

/** Never through a link, and never waiting for the other end of a pipe. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * The files of one torrent below a folder. They are opened when their bytes are touched; what was there before is kept
 * where it is, and nothing outside the folder is ever reached: links in it are refused, not followed.
 *
 * All calls are synchronous: for pieces up to some MiB a write into the page cache takes less than handing it over.
 */
export class DownloadFolder implements PieceStore {
  readonly #root: string
  readonly #layout: FileLayout
  /** Descriptors, the one used last at the end. */
  readonly #open = new Map<LaidOutFile, number>()
  readonly #folders = new Set<string>()

  /**
   * @param root is created when it is missing; may be a link itself, as the user wants it
   * @throws PeerError E_FILE_EXISTS when it is a file, E_FILE_WRITE
   */
  constructor(root: string, layout: FileLayout) {
    this.#root = root
    this.#layout = layout
    guarded(root, () => mkdirSync(root, { recursive: true }))
  }

  read(offset: number, target: Uint8Array): boolean {
    return this.#layout.partsOf(offset, target.length).every(({ file, at, from, length }) => {
      const descriptor = this.#existing(file)
      return descriptor !== undefined && readAll(descriptor, target.subarray(from, from + length), at)
    })
  }

  write(offset: number, bytes: Uint8Array): void {
    for (const { file, at, from, length } of this.#layout.partsOf(offset, bytes.length)) {
      const descriptor = this.#existing(file) ?? this.#create(file)
      guarded(this.#pathOf(file), () => writeAll(descriptor, bytes.subarray(from, from + length), at))
    }
  }

  createEmptyFiles(): void {
    for (const file of this.#layout.files) {
      if (file.length === 0 && this.#existing(file) === undefined) this.#create(file)
    }
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor)
    this.#open.clear()
  }

  #pathOf(file: LaidOutFile): string {
    return join(this.#root, file.path)
  }

  /** The descriptor of a file that is there; undefined when it is not. */
  #existing(file: LaidOutFile): number | undefined {
    const open = this.#open.get(file)
    if (open !== undefined) {
      this.#open.delete(file)
      this.#open.set(file, open)
      return open
    }
    if (!this.#enterFolder(dirname(file.path))) return undefined
    try {
      return this.#keep(file, openSync(this.#pathOf(file), constants.O_RDWR | SAFELY))
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw storeError(this.#pathOf(file), cause)
    }
  }

  #create(file: LaidOutFile): number {
    const path = this.#pathOf(file)
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | SAFELY
    guarded(path, () => mkdirSync(dirname(path), { recursive: true }))
    return this.#keep(
      file,
      guarded(path, () => openSync(path, flags, 0o666)),
    )
  }

  #keep(file: LaidOutFile, descriptor: number): number {
    const stats = fstatSync(descriptor)
    if (!stats.isFile() || stats.size > file.length) {
      closeSync(descriptor)
      throw inTheWay(this.#pathOf(file), occupant(stats, file.length))
    }
    const [oldest] = this.#open
    if (this.#open.size >= MAX_OPEN_FILES && oldest !== undefined) {
      closeSync(oldest[1])
      this.#open.delete(oldest[0])
    }
    this.#open.set(file, descriptor)
    return descriptor
  }

  /** Whether the folder is there. @throws PeerError E_FILE_EXISTS when a link or a file stands in its place */
  #enterFolder(path: string): boolean {
    if (path === '.' || this.#folders.has(path)) return true
    if (!this.#enterFolder(dirname(path))) return false
    const whole = join(this.#root, path)
    const stats = guarded(whole, () => lstatSync(whole, { throwIfNoEntry: false }))
    if (stats === undefined) return false
    if (!stats.isDirectory()) throw inTheWay(whole, stats.isSymbolicLink() ? 'a symbolic link' : 'no folder')
    this.#folders.add(path)
    return true
  }
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
      return inTheWay(path, 'no plain file')
    case 'EEXIST':
    case 'ENOTDIR':
      return inTheWay(path, 'a file where a folder has to be')
    default:
      return writeError(path, cause)
  }
}

function occupant(stats: Stats, length: number): string {
  return stats.isFile() ? `${stats.size} bytes long, and has ${length} in the torrent` : 'no plain file'
}

function inTheWay(path: string, what: string): PeerError {
  return new PeerError('E_FILE_EXISTS', `${path} is in the way: it is ${what}`, {
    hint: 'move it away, or give another folder with -o',
  })
}
