import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDiskStore } from '../../../../src/net/files/disk-store.ts'
import type { BlockStore } from '../../../../src/session/upload/block-store.ts'
import { type MadeTorrent, makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { makeNamedPipe } from '../../../support/processes/named-pipe.ts'

let base = ''
let store: BlockStore | undefined
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'peerwire-disk-'))
})
afterEach(async () => {
  await store?.close()
  store = undefined
  rmSync(base, { recursive: true, force: true })
})

const many = makeV1Torrent({
  name: 'many',
  files: [
    { path: ['a:'], length: 20_000 },
    { path: ['.pad', '5'], length: 5, pad: true },
    { path: ['sub', 'b'], length: 20_000 },
    { path: ['empty'], length: 0 },
  ],
})

/** Puts the files of a torrent somewhere, in their order. */
function put(torrent: MadeTorrent, ...paths: readonly string[]): void {
  const files = torrent.metainfo.files.filter(({ pad }) => !pad)
  for (const [index, path] of paths.entries()) {
    const { offset = 0, length = 0 } = files[index] ?? {}
    mkdirSync(dirname(join(base, path)), { recursive: true })
    writeFileSync(join(base, path), torrent.content.subarray(offset, offset + length))
  }
}

async function readAll(torrent: MadeTorrent, path = base): Promise<boolean> {
  store = await openDiskStore(torrent.metainfo, path)
  const { pieceLength, pieceCount } = torrent.metainfo
  const pieces: Uint8Array[] = []
  for (let piece = 0; piece < pieceCount; piece++) {
    const length = Math.min(pieceLength, torrent.content.length - piece * pieceLength)
    pieces.push(await store.read(piece, 0, length))
  }
  return Buffer.concat(pieces).equals(torrent.content)
}

describe('data is found', () => {
  test.each([
    ['in the folder that holds it', ['many/a:', 'many/sub/b'], ''],
    ['in its own folder', ['renamed/a:', 'renamed/sub/b'], 'renamed'],
    ['under the names that every system takes', ['many/a%3A', 'many/sub/b'], ''],
    ['under names of both kinds', ['many/a:', 'many/sub/b'], 'many'],
  ])('%s', async (_, paths, given) => {
    put(many, ...paths)
    expect(await readAll(many, join(base, given))).toBe(true)
  })

  test('as a file, under its name and under any other', async () => {
    const one = makeV1Torrent({ name: 'one?', length: 50_000 })
    put(one, 'one?')
    expect(await readAll(one)).toBe(true)
    renameSync(join(base, 'one?'), join(base, 'other'))
    expect(await readAll(one, join(base, 'other'))).toBe(true)
  })

  test('behind a link of the user', async () => {
    put(many, 'elsewhere/a:', 'elsewhere/sub/b')
    symlinkSync(join(base, 'elsewhere'), join(base, 'many'))
    expect(await readAll(many)).toBe(true)
  })

  test('below a name of which nothing is left', async () => {
    const odd = makeV1Torrent({ name: '..', files: [{ path: ['a', 'b'], length: 9 }] })
    put(odd, 'a/b')
    expect(await readAll(odd)).toBe(true)
  })
})

test('memory is read into again once it is released; what is in no file is zeros all the same', async () => {
  put(many, 'many/a:', 'many/sub/b')
  store = await openDiskStore(many.metainfo, base)
  const { content } = many
  // a file, its pad file and the next file
  const ranges = [
    { piece: 0, begin: 1000, length: 5000 },
    { piece: 1, begin: 3000, length: 2000 },
  ]
  const wanted = ranges.map(({ piece, begin, length }) => {
    const start = piece * many.metainfo.pieceLength + begin
    return content.slice(start, start + length)
  })
  const buffers = new Set<unknown>()
  for (let turn = 0; turn < 3; turn++) {
    const read = await store.readAll?.(ranges)
    expect(read?.blocks).toStrictEqual(wanted)
    for (const block of read?.blocks ?? []) {
      buffers.add(block.buffer)
      block.fill(0xee)
    }
    read?.release()
  }
  expect(buffers.size).toBe(1)
})

test('nothing outside the folder is served', async () => {
  const hostile = makeV1Torrent({ name: '..', files: [{ path: ['..', 'secret'], length: 9 }] })
  put(hostile, 'secret')
  mkdirSync(join(base, 'data/inner'), { recursive: true })
  for (const given of ['data', 'data/inner'])
    await expect(openDiskStore(hostile.metainfo, join(base, given))).rejects.toMatchObject({
      code: 'E_FILE_READ',
    })
})

describe('what is wrong is said', () => {
  test.each<[string, () => void, string]>([
    ['nothing there', () => unlinkSync(join(base, 'many/a:')), 'the file does not exist'],
    [
      'another length',
      () => truncateSync(join(base, 'many/a:'), 5),
      'it has 5 bytes, but 20000 in the torrent',
    ],
    [
      'a folder',
      () => {
        unlinkSync(join(base, 'many/a:'))
        mkdirSync(join(base, 'many/a:'))
      },
      'it is not a regular file',
    ],
    [
      'a link to itself',
      () => {
        unlinkSync(join(base, 'many/a:'))
        symlinkSync('a:', join(base, 'many/a:'))
      },
      'too many symbolic links',
    ],
  ])('%s', async (_, change, reason) => {
    put(many, 'many/a:', 'many/sub/b')
    change()
    await expect(openDiskStore(many.metainfo, base)).rejects.toMatchObject({
      code: 'E_FILE_READ',
      message: expect.stringContaining(reason) as string,
    })
  })
})

describe('a file that is replaced while it is served', () => {
  const swap = (make: (path: string) => void) => () => {
    unlinkSync(join(base, 'many/a:'))
    make(join(base, 'many/a:'))
  }

  test.each<[string, () => void, string]>([
    ['by a link to another', swap((path) => symlinkSync('sub/b', path)), 'it was replaced by another file'],
    [
      'by a file',
      swap((path) => writeFileSync(path, new Uint8Array(20_000))),
      'it was replaced by another file',
    ],
    ['by a pipe', swap((path) => makeNamedPipe(path)), 'it was replaced by another file'],
    ['by nothing', swap(() => {}), 'it does not exist'],
  ])('%s', async (_, change, reason) => {
    put(many, 'many/a:', 'many/sub/b')
    store = await openDiskStore(many.metainfo, base)
    change()
    await expect(store.read(0, 0, 100)).rejects.toMatchObject({
      code: 'E_FILE_READ',
      message: expect.stringContaining(reason) as string,
    })
  })
})

/** Files below the folder that this process has open. */
function openFiles(): number {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      // the one that the folder was listed with
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(base)).length
}

test.runIf(existsSync('/proc/self/fd'))('few files are open at a time, however many are served', async () => {
  const files = Array.from({ length: 300 }, (_, index) => ({ path: [`${index}`], length: 100 }))
  const torrent = makeV1Torrent({ name: 'crowd', pieceLength: 16_384, files })
  put(torrent, ...files.map(({ path }) => `crowd/${path.join('/')}`))
  expect(await readAll(torrent)).toBe(true)
  // what gives way is closed by another thread
  await expect.poll(openFiles, { interval: 1 }).toBeLessThanOrEqual(64)
  expect(openFiles()).toBeGreaterThan(0)
  await store?.close()
  expect(openFiles()).toBe(0)
})
