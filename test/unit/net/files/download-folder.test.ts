import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DownloadFolder } from '../../../../src/net/files/download-folder.ts'
import { FileLayout } from '../../../../src/wire/torrent/file-layout.ts'
import { makeV1Torrent } from '../../../support/made-torrent.ts'

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
