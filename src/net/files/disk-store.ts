import { constants, type BigIntStats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { adjacentRuns, type BlockStore, type ReadBlocks } from '../../session/upload/block-store.ts'
import { FileLayout, type LaidOutFile } from '../../wire/torrent/file-layout.ts'
import { safeFilePath } from '../../wire/torrent/file-path.ts'
import type { BlockRange } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { type NameRules, PORTABLE_NAMES } from '../../wire/torrent/name-rules.ts'
import { systemCode } from '../socket-errors.ts'
import { type FileIdentity, identityOf, isSameFile } from './file-identity.ts'
import { readError } from './read-error.ts'
import { ReusedMemory } from './reused-memory.ts'
import { SYSTEM_NAMES } from './system-names.ts'

/** Maximum number of open files; a torrent may have a hundred thousand files. */
const MAX_OPEN_FILES = 64

/** How many files are looked up at the same time. */
const FILES_A_TURN = 256

const HINT = 'use --data with the folder that contains the data, or the file itself'

/**
 * The data of a torrent, as stored by a client. Pad files are zeros and need not exist. Links are followed, because the data
 * belongs to the user. The identity of each file is remembered, and a file that is replaced later is not served.
 * @param path the file, the folder with the torrent's name, or the folder that contains either
 * @throws PeerError E_FILE_READ if a file is missing or has the wrong length
 */
export async function openDiskStore(metainfo: Metainfo, path: string): Promise<BlockStore> {
  const locator = new Locator(metainfo, path)
  const { files } = locator.layout
  const places = new Map<LaidOutFile, FilePlace>()
  for (let start = 0; start < files.length; start += FILES_A_TURN) {
    const turn = files.slice(start, start + FILES_A_TURN).filter(({ length }) => length > 0)
    const found = await Promise.all(turn.map((file) => locator.locate(file)))
    for (const [index, file] of turn.entries()) places.set(file, found[index] as FilePlace)
  }
  return new DiskStore(metainfo.pieceLength, locator.layout, places)
}

/** A file that was found. */
interface FilePlace {
  readonly path: string
  readonly identity: FileIdentity
}

class DiskStore implements BlockStore {
  readonly #pieceLength: number
  readonly #layout: FileLayout
  readonly #places: ReadonlyMap<LaidOutFile, FilePlace>
  readonly #memory = new ReusedMemory()
  /** The files that were read last, oldest first. */
  readonly #open = new Map<FilePlace, Promise<FileHandle>>()

  constructor(pieceLength: number, layout: FileLayout, places: ReadonlyMap<LaidOutFile, FilePlace>) {
    this.#pieceLength = pieceLength
    this.#layout = layout
    this.#places = places
  }

  async read(piece: number, begin: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    await this.#readInto(bytes, piece, begin)
    return bytes
  }

  async readAll(ranges: readonly BlockRange[]): Promise<ReadBlocks> {
    const memory = this.#memory.borrow(totalLength(ranges))
    const blocks: Uint8Array[] = []
    const reads: Promise<void>[] = []
    let end = 0
    for (const run of adjacentRuns(ranges)) {
      const start = end
      for (const { length } of run) blocks.push(memory.bytes.subarray(end, (end += length)))
      const { piece, begin } = run[0] as BlockRange
      reads.push(this.#readInto(memory.bytes.subarray(start, end), piece, begin))
    }
    // after a failed read others may still be writing, so that memory is never used again
    await Promise.all(reads)
    return { blocks, release: memory.release }
  }

  async close(): Promise<void> {
    const handles = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(handles.map(async (handle) => (await handle).close()))
  }

  /** Fills memory that may have been used before. */
  async #readInto(target: Uint8Array, piece: number, begin: number): Promise<void> {
    let inFiles = 0
    for (const part of this.#layout.partsOf(piece * this.#pieceLength + begin, target.length)) {
      const place = this.#places.get(part.file)
      if (place === undefined) continue
      // in no file
      target.fill(0, inFiles, part.from)
      inFiles = part.from + part.length
      await this.#readFile(place, part.at, target.subarray(part.from, inFiles))
    }
    target.fill(0, inFiles)
  }

  async #readFile(place: FilePlace, position: number, target: Uint8Array): Promise<void> {
    try {
      const handle = await this.#handle(place)
      for (let at = 0; at < target.length;) {
        const { bytesRead } = await handle.read(target, at, target.length - at, position + at)
        if (bytesRead === 0) throw new Error('it was truncated')
        at += bytesRead
      }
    } catch (error) {
      throw readError(place.path, error, HINT)
    }
  }

  #handle(place: FilePlace): Promise<FileHandle> {
    const opened = this.#open.get(place) ?? openSame(place)
    this.#open.delete(place)
    this.#open.set(place, opened)
    // close waits for pending reads
    for (const [oldest, handle] of this.#open) {
      if (this.#open.size <= MAX_OPEN_FILES) break
      this.#open.delete(oldest)
      handle.then((file) => file.close()).catch(() => {})
    }
    // the next read tries again to open a file that could not be opened
    opened.catch(() => this.#open.delete(place))
    return opened
  }
}

function totalLength(ranges: readonly BlockRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0)
}

/** Opens the file that was found and no other. Does not wait for the other end of a pipe in its place. */
async function openSame({ path, identity }: FilePlace): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (isSameFile(identity, await file.stat({ bigint: true }))) return file
    throw new Error('it was replaced by another file while it was served')
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Finds the files of a torrent below a path, with the names of this system or the names that every system allows. */
class Locator {
  readonly layout: FileLayout
  readonly #metainfo: Metainfo
  readonly #path: string
  #portable: ReadonlyMap<number, LaidOutFile> | undefined
  #isRoot: Promise<boolean> | undefined

  constructor(metainfo: Metainfo, path: string) {
    this.layout = new FileLayout(metainfo, SYSTEM_NAMES)
    this.#metainfo = metainfo
    this.#path = path
  }

  async locate(file: LaidOutFile): Promise<FilePlace> {
    const path = await this.#pathOf(file, SYSTEM_NAMES)
    const found = await placeAt(path, file)
    if (found !== undefined) return found
    const portable = await this.#pathOf(this.#portableFile(file), PORTABLE_NAMES)
    const other = portable === path ? undefined : await placeAt(portable, file)
    if (other !== undefined) return other
    throw readError(path, new Error('the file does not exist'), HINT)
  }

  /** The offset identifies a file, except for empty files. */
  #portableFile(file: LaidOutFile): LaidOutFile {
    this.#portable ??= new Map(
      new FileLayout(this.#metainfo, PORTABLE_NAMES).files
        .filter(({ length }) => length > 0)
        .map((portable) => [portable.offset, portable]),
    )
    return this.#portable.get(file.offset) ?? file
  }

  async #pathOf({ path }: LaidOutFile, rules: NameRules): Promise<string> {
    this.#isRoot ??= this.#givenIsRoot()
    const root = safeFilePath([this.#metainfo.name], rules)
    if (!(await this.#isRoot)) return join(this.#path, path)
    if (path === root) return this.#path
    return join(this.#path, path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path)
  }

  /** Whether the given path is itself the file or folder with the torrent's name, and not its parent. */
  async #givenIsRoot(): Promise<boolean> {
    const given = await statFile(this.#path)
    if (given?.isFile() === true) return true
    const roots = [SYSTEM_NAMES, PORTABLE_NAMES].map((rules) => safeFilePath([this.#metainfo.name], rules))
    if (!this.layout.files.some(({ path }) => path.startsWith(`${roots[0]}/`))) return false
    const inside = await Promise.all(roots.map((root) => statFile(join(this.#path, root))))
    return inside.every((stats) => stats === undefined)
  }
}

/** Undefined if the path does not exist. @throws PeerError E_FILE_READ if it is not the file */
async function placeAt(path: string, { length }: LaidOutFile): Promise<FilePlace | undefined> {
  const stats = await statFile(path)
  if (stats === undefined) return undefined
  if (!stats.isFile()) throw readError(path, new Error('it is not a regular file'), HINT)
  if (stats.size === BigInt(length)) return { path, identity: identityOf(stats) }
  throw readError(path, new Error(`it has ${stats.size} bytes, but ${length} in the torrent`), HINT)
}

/** Undefined if the path does not exist. */
async function statFile(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true })
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw readError(path, cause, HINT)
  }
}
