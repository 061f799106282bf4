import { spawnSync } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeBencode } from '../../src/wire/bencode.ts'
import { atExit } from './at-exit.ts'
import { PYTHON } from './clients/libtorrent.ts'
import { torrentIdentity, type TorrentIdentity } from './torrent-identity.ts'

const KIB = 1024

/** 129 pieces of 256 KiB, of which the last is short and not a whole number of blocks: no multiple of 8 anywhere. */
const DEFAULT_PIECE_LENGTH = 256 * KIB
const DEFAULT_LENGTH = 128 * DEFAULT_PIECE_LENGTH + 5 * 16 * KIB + 4321

export interface TestFile {
  /** Relative to the torrent's folder, with slashes; for a single file its name. */
  readonly path: string
  /** Bytes. */
  readonly length: number
}

export interface TestTorrentOptions {
  /** Default `v1`, which needs nothing installed; the others are made by libtorrent. */
  readonly version?: 'v1' | 'v2' | 'hybrid'
  /** Default `content`. */
  readonly name?: string
  /** Length of the single file, in bytes. Default: 32 MiB and an odd tail. */
  readonly length?: number
  /** Several files instead, in this order; v2 and hybrid torrents sort them by path. */
  readonly files?: readonly TestFile[]
  /** Bytes, a power of two of at least 16 KiB. Default 256 KiB. */
  readonly pieceLength?: number
  /** Another seed gives other content, and so another info hash. Default `peerwire`. */
  readonly seed?: string
}

export interface TestTorrent extends TorrentIdentity {
  readonly torrentPath: string
  readonly torrentBytes: Uint8Array
  /** Holds the content as `dataFolder/<name>`. */
  readonly dataFolder: string
  readonly name: string
  readonly files: readonly TestFile[]
  /** The content, files one after the other without padding. */
  readonly content: Uint8Array
  readonly pieceLength: number
  readonly pieceCount: number
  /** Removes its folders; also done when the process exits. */
  remove(): Promise<void>
}

/** Writes content and .torrent into a temporary folder. The same options give the same bytes every time. */
export async function makeTorrent(options: TestTorrentOptions = {}): Promise<TestTorrent> {
  const { version = 'v1', name = 'content', pieceLength = DEFAULT_PIECE_LENGTH, seed = 'peerwire' } = options
  const files = options.files ?? [{ path: name, length: options.length ?? DEFAULT_LENGTH }]
  const content = randomContent(seed, sum(files))
  const temporary = await makeFolder('torrent')
  const folder = temporary.path
  const dataFolder = join(folder, 'data')
  const isSingle = options.files === undefined
  await writeFiles(isSingle ? dataFolder : join(dataFolder, name), files, content)
  const torrentPath = join(folder, `${name}.torrent`)
  if (version === 'v1') {
    const fileMembers = isSingle ? { length: content.length } : { files: fileList(files) }
    const info = {
      ...fileMembers,
      name,
      'piece length': pieceLength,
      pieces: pieceHashes(content, pieceLength),
    }
    await writeFile(torrentPath, encodeBencode({ 'created by': 'peerwire tests', info }))
  } else {
    writeWithLibtorrent({
      version,
      content: join(dataFolder, name),
      folder: dataFolder,
      pieceLength,
      torrent: torrentPath,
    })
  }
  const torrentBytes = new Uint8Array(await readFile(torrentPath))
  return {
    ...torrentIdentity(torrentBytes),
    torrentPath,
    torrentBytes,
    dataFolder,
    name,
    files,
    content,
    pieceLength,
    pieceCount: countPieces(version, files, pieceLength),
    remove: () => temporary.remove(),
  }
}

interface TemporaryFolder {
  readonly path: string
  remove(): Promise<void>
}

/** An empty folder for a download, removed when the process exits if not before. */
export function makeEmptyFolder(): Promise<TemporaryFolder> {
  return makeFolder('download')
}

async function makeFolder(purpose: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `peerwire-${purpose}-`))
  const forget = atExit(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true })
      forget()
    },
  }
}

/** A key stream: as good as random to every compression and hash, and the same for the same seed. */
function randomContent(seed: string, length: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  return new Uint8Array(createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length)))
}

async function writeFiles(folder: string, files: readonly TestFile[], content: Uint8Array): Promise<void> {
  let offset = 0
  for (const { path, length } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content.subarray(offset, offset + length))
    offset += length
  }
}

function pieceHashes(content: Uint8Array, pieceLength: number): Uint8Array {
  const hashes: Buffer[] = []
  for (let offset = 0; offset < content.length; offset += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(offset, offset + pieceLength))
        .digest(),
    )
  }
  return new Uint8Array(Buffer.concat(hashes))
}

function fileList(files: readonly TestFile[]) {
  return files.map(({ path, length }) => ({ length, path: path.split('/') }))
}

/** Every file begins a piece of its own, where v2 has a say (BEP 52). */
function countPieces(
  version: 'v1' | 'v2' | 'hybrid',
  files: readonly TestFile[],
  pieceLength: number,
): number {
  if (version === 'v1') return Math.ceil(sum(files) / pieceLength)
  return files.reduce((count, { length }) => count + Math.ceil(length / pieceLength), 0)
}

function sum(files: readonly TestFile[]): number {
  return files.reduce((total, { length }) => total + length, 0)
}

function writeWithLibtorrent(settings: Readonly<Record<string, string | number>>): void {
  const script = fileURLToPath(new URL('create_torrent.py', import.meta.url))
  const made = spawnSync(PYTHON, [script, JSON.stringify(settings)], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`cannot make a torrent with libtorrent: ${made.stderr}`)
}
