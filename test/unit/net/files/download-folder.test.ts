import {
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DownloadFolder } from '../../../../src/net/files/download-folder.ts'
import { type FolderTree, openFolderTree } from '../../../../src/net/files/folder-tree.ts'
import { FileLayout } from '../../../../src/wire/torrent/file-layout.ts'
import { POSIX_NAMES } from '../../../../src/wire/torrent/name-rules.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-folder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

// one write takes 32 KiB at most
test.each([1, 32_767, 32_768, 32_769, 65_536, 100_001])(
  'a piece of %i bytes over two files',
  async (length) => {
    const files = [
      { path: ['a'], length: 40_000 },
      { path: ['b'], length: 80_000 },
    ]
    const { metainfo, content } = makeV1Torrent({ pieceLength: 131_072, files })
    const store = new DownloadFolder(folder, new FileLayout(metainfo))
    const offset = 10_000
    const piece = content.subarray(offset, offset + length)
    const back = new Uint8Array(length)
    try {
      store.write(offset, piece)
      expect(store.read(offset, back)).toBe(true)
      expect(store.read(offset + 1, new Uint8Array(length))).toBe(false)
    } finally {
      store.close()
    }
    expect(Buffer.compare(back, piece)).toBe(0)
    const written = await readFile(join(folder, 'content', 'a'))
    expect(
      Buffer.compare(written.subarray(offset), content.subarray(offset, Math.min(40_000, offset + length))),
    ).toBe(0)
  },
)

const PIECE = 16_384
const small = makeV1Torrent({
  pieceLength: PIECE,
  files: [
    { path: ['sub', 'a'], length: PIECE },
    { path: ['sub', 'b'], length: PIECE },
    { path: ['sub', 'empty'], length: 0 },
  ],
})
const piece = (index: number): Uint8Array => small.content.subarray(index * PIECE, (index + 1) * PIECE)
const at = (name: string): string => join(folder, 'out', 'content', name)
const noPause = (): Promise<void> => Promise.resolve()

function openStore(openTree?: (root: string) => FolderTree): DownloadFolder {
  return new DownloadFolder(join(folder, 'out'), new FileLayout(small.metainfo), openTree)
}

describe('what another program does meanwhile is seen', () => {
  const replaceFile = () => {
    unlinkSync(at('sub/a'))
    writeFileSync(at('sub/a'), piece(0))
  }
  const linkFolder = () => {
    renameSync(at('sub'), join(folder, 'elsewhere'))
    symlinkSync(join(folder, 'elsewhere'), at('sub'))
  }

  test.each<[string, () => void, string]>([
    ['the file is removed', () => unlinkSync(at('sub/a')), 'E_FILE_WRITE'],
    ['the file is replaced by the same bytes', replaceFile, 'E_FILE_WRITE'],
    ['the file is renamed', () => renameSync(at('sub/a'), at('sub/c')), 'E_FILE_WRITE'],
    ['the file becomes shorter', () => truncateSync(at('sub/a'), 5), 'E_FILE_WRITE'],
    ['all is removed', () => rmSync(join(folder, 'out'), { recursive: true }), 'E_FILE_WRITE'],
    ['the root is moved', () => renameSync(join(folder, 'out'), join(folder, 'moved')), 'E_FILE_WRITE'],
    ['the folder is replaced by a link', linkFolder, 'E_FILE_EXISTS'],
  ])('%s', async (_, change, code) => {
    const store = openStore()
    try {
      store.write(0, piece(0))
      store.checkLast()
      await store.checkAll(noPause)
      change()
      await expect(store.checkAll(noPause)).rejects.toMatchObject({ code, exitCode: 9 })
      expect(() => store.checkLast()).toThrow(expect.objectContaining({ exitCode: 9 }) as Error)
    } finally {
      store.close()
    }
  })

  test('a write to a file that was removed', () => {
    const store = openStore()
    store.write(0, piece(0).subarray(0, 100))
    unlinkSync(at('sub/a'))
    expect(() => store.write(100, piece(0).subarray(100))).toThrow(/a was removed by another program/)
    store.close()
  })

  test('nothing is made behind a folder that was replaced by a link', () => {
    const store = openStore()
    store.write(0, piece(0))
    linkFolder()
    expect(() => store.write(PIECE, piece(1))).toThrow(
      expect.objectContaining({ code: 'E_FILE_EXISTS' }) as Error,
    )
    store.close()
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['a'])
  })
})

describe('a hard link', () => {
  beforeEach(() => {
    mkdirSync(at('sub'), { recursive: true })
  })

  test('is refused before a write when it is incomplete, and its other name keeps its content', () => {
    writeFileSync(join(folder, 'precious'), 'precious')
    linkSync(join(folder, 'precious'), at('sub/a'))
    const store = openStore()
    const refused = expect.objectContaining({
      code: 'E_FILE_EXISTS',
      message: expect.stringContaining('a hard link') as string,
    }) as Error
    expect(store.read(0, new Uint8Array(PIECE))).toBe(false)
    expect(() => store.prepareWrite(0, PIECE)).toThrow(refused)
    expect(() => store.write(0, piece(0))).toThrow(refused)
    store.close()
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious')
  })

  test('is read when it is complete', () => {
    writeFileSync(join(folder, 'library'), piece(0))
    linkSync(join(folder, 'library'), at('sub/a'))
    const store = openStore()
    expect(store.read(0, new Uint8Array(PIECE))).toBe(true)
    store.close()
  })
})

test('files that are only read need no right to write', () => {
  const flags: number[] = []
  mkdirSync(at('sub'), { recursive: true })
  writeFileSync(at('sub/a'), piece(0))
  const store = openStore((root) => {
    const tree = openFolderTree(root)
    return Object.assign(Object.create(tree) as FolderTree, {
      open: (path: string, how: number) => {
        flags.push(how)
        return tree.open(path, how)
      },
      close: () => tree.close(),
    })
  })
  expect(store.read(0, new Uint8Array(PIECE))).toBe(true)
  store.close()
  expect(flags).toEqual([constants.O_RDONLY])
})

test('a file that is not there is looked up once', () => {
  let lookups = 0
  const store = openStore((root) => {
    const tree = openFolderTree(root)
    return Object.assign(Object.create(tree) as FolderTree, {
      open: (path: string, how: number) => {
        lookups++
        return tree.open(path, how)
      },
      create: (path: string) => tree.create(path),
      checkWritable: () => tree.checkWritable(),
      close: () => tree.close(),
    })
  })
  for (let i = 0; i < 5; i++) expect(store.read(0, new Uint8Array(10))).toBe(false)
  store.prepareWrite(0, 10)
  store.write(0, piece(0))
  expect(lookups).toBe(1)
  store.close()
})

test('two files of the torrent that the file system takes for one are refused', () => {
  // a tree in which case makes no difference
  const store = new DownloadFolder(
    folder,
    new FileLayout(
      makeV1Torrent({
        pieceLength: PIECE,
        files: [
          { path: ['NAME'], length: PIECE },
          { path: ['name'], length: PIECE },
        ],
      }).metainfo,
      POSIX_NAMES,
    ),
    (root) => {
      const tree = openFolderTree(root)
      return Object.assign(Object.create(tree) as FolderTree, {
        open: (path: string, how: number) => tree.open(path.toLowerCase(), how),
        create: (path: string) => tree.create(path.toLowerCase()),
        close: () => tree.close(),
      })
    },
  )
  expect(store.read(PIECE, new Uint8Array(10))).toBe(false)
  store.write(0, piece(0))
  expect(() => store.write(PIECE, piece(1))).toThrow(/the same file on this file system/)
  store.close()
  expect(statSync(join(folder, 'content/name')).size).toBe(PIECE)
  expect(Buffer.compare(readFileSync(join(folder, 'content/name')), piece(0))).toBe(0)
})

test.runIf(existsSync('/proc/self/fd'))('few files are open at a time, however many there are', () => {
  const files = Array.from({ length: 300 }, (_, index) => ({
    path: [`${index % 7}`, `${index}`],
    length: 100,
  }))
  const many = makeV1Torrent({ pieceLength: 16_384, files })
  const store = new DownloadFolder(folder, new FileLayout(many.metainfo))
  const before = readdirSync('/proc/self/fd').length
  store.write(0, many.content.subarray(0, 16_384))
  store.write(16_384, many.content.subarray(16_384))
  expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(64)
  store.close()
})
