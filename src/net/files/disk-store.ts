import { open, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeUtf8 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { adjacentRuns, type BlockStore } from '../../session/upload/block-store.ts'
import { safeFilePath } from '../../wire/torrent/file-path.ts'
import type { BlockRange } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { TorrentFile } from '../../wire/torrent/listed-file.ts'
import { systemCode } from '../socket-errors.ts'

/** Files that are open at a time; a torrent may have a hundred thousand. */
const MAX_OPEN_FILES = 64

/**
 * The data of a torrent where a client has put it. Pad files are zeros and need not exist.
 * @param path the file, the folder of the torrent's name, or the folder that holds either
 * @throws PeerError E_FILE_READ when a file is not there or does not have its length
 */
export async function openDiskStore(metainfo: Metainfo, path: string): Promise<BlockStore> {
  const files = metainfo.files.filter((file) => file.length > 0)
  const strip = await elementsToStrip(metainfo, path)
  const places = await Promise.all(files.map((file) => locate(file, path, strip)))
  return new DiskStore(metainfo.pieceLength, places)
}

interface FilePlace {
  readonly file: TorrentFile
  /** Undefined for pad files. */
  readonly path: string | undefined
}

class DiskStore implements BlockStore {
  readonly #pieceLength: number
  readonly #places: readonly FilePlace[]
  /** The files last read, oldest first. */
  readonly #open = new Map<FilePlace, Promise<FileHandle>>()

  constructor(pieceLength: number, places: readonly FilePlace[]) {
    this.#pieceLength = pieceLength
    this.#places = places
  }

  async read(piece: number, begin: number, length: number): Promise<Uint8Array> {
    const start = piece * this.#pieceLength + begin
    const bytes = new Uint8Array(length)
    for (let i = this.#indexAt(start); i < this.#places.length; i++) {
      const place = this.#places[i] as FilePlace
      const { offset, length: fileLength } = place.file
      if (offset >= start + length) break
      const from = Math.max(start, offset)
      const to = Math.min(start + length, offset + fileLength)
      if (place.path !== undefined)
        await this.#readFile(place, from - offset, bytes.subarray(from - start, to - start))
    }
    return bytes
  }

  async readAll(ranges: readonly BlockRange[]): Promise<readonly Uint8Array[]> {
    const runs = await Promise.all(adjacentRuns(ranges).map((run) => this.#readRun(run)))
    return runs.flat()
  }

  async close(): Promise<void> {
    const handles = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(handles.map(async (handle) => (await handle).close()))
  }

  /** One read for ranges that follow one another. */
  async #readRun(run: readonly BlockRange[]): Promise<readonly Uint8Array[]> {
    const [first] = run
    if (first === undefined) return []
    const length = run.reduce((sum, range) => sum + range.length, 0)
    const bytes = await this.read(first.piece, first.begin, length)
    return run.map(({ begin, length: own }) => {
      const at = begin - first.begin
      return bytes.subarray(at, at + own)
    })
  }

  async #readFile(place: FilePlace, position: number, target: Uint8Array): Promise<void> {
    try {
      const handle = await this.#handle(place)
      for (let at = 0; at < target.length;) {
        const { bytesRead } = await handle.read(target, at, target.length - at, position + at)
        if (bytesRead === 0) throw new Error('the file has become shorter')
        at += bytesRead
      }
    } catch (error) {
      throw readError(place.path ?? '', error)
    }
  }

  #handle(place: FilePlace): Promise<FileHandle> {
    const opened = this.#open.get(place) ?? open(place.path ?? '', 'r')
    this.#open.delete(place)
    this.#open.set(place, opened)
    // close waits for the reads under way
    for (const [oldest, handle] of this.#open) {
      if (this.#open.size <= MAX_OPEN_FILES) break
      this.#open.delete(oldest)
      handle.then((file) => file.close()).catch(() => {})
    }
    // one that could not be opened is tried again by the next read
    opened.catch(() => this.#open.delete(place))
    return opened
  }

  /** The first file that ends after `offset`. */
  #indexAt(offset: number): number {
    let low = 0
    let high = this.#places.length
    while (low < high) {
      const middle = (low + high) >> 1
      const { file } = this.#places[middle] as FilePlace
      if (file.offset + file.length > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** 1 when `path` is already the file or folder of the torrent's name, 0 when it holds it. */
async function elementsToStrip({ name, files }: Metainfo, path: string): Promise<0 | 1> {
  const given = await statFile(path)
  if (given?.isFile() === true) return 1
  const inside = await Promise.all(
    [diskName([name]), safeFilePath([name])].map((text) => statFile(join(path, text))),
  )
  const isFolder = files.some((file) => file.path.length > 1)
  return isFolder && inside.every((found) => found === undefined) ? 1 : 0
}

async function locate(file: TorrentFile, folder: string, strip: 0 | 1): Promise<FilePlace> {
  if (file.pad) return { file, path: undefined }
  const elements = file.path.slice(strip)
  const paths = [diskName(elements), elements.length === 0 ? '' : safeFilePath(elements)].map((name) =>
    name === '' ? folder : join(folder, name),
  )
  for (const path of new Set(paths)) {
    const found = await statFile(path)
    if (found?.isFile() !== true) continue
    if (found.size === file.length) return { file, path }
    throw readError(path, new Error(`it has ${found.size} bytes, the torrent says ${file.length}`))
  }
  throw readError(paths[0] ?? folder, new Error('there is no such file'))
}

/** The name as other clients write it, unless it could lead out of the folder. */
function diskName(elements: readonly Uint8Array[]): string {
  const texts = elements.map((element) => decodeUtf8(element))
  const isPlain = texts.every((text) => text !== undefined && !/^\.{0,2}$|[/\0]/.test(text))
  return isPlain ? texts.join('/') : safeFilePath(elements)
}

async function statFile(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path)
  } catch {
    return undefined
  }
}

function readError(path: string, cause: unknown): PeerError {
  const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause))
  return new PeerError('E_FILE_READ', `cannot read ${path}: ${why}`, {
    hint: 'give the folder that holds the data, or the file itself, with --data',
    cause,
  })
}
