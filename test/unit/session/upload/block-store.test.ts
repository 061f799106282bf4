import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDiskStore } from '../../../../src/net/files/disk-store.ts'
import { adjacentRuns, readBlocks, type BlockStore } from '../../../../src/session/upload/block-store.ts'
import { encodeBencode } from '../../../../src/wire/bencode.ts'
import type { BlockRange } from '../../../../src/wire/message/message.ts'
import { decodeMetainfo, type Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { patternBytes } from '../../../support/utp/utp-pair.ts'

const range = (piece: number, begin: number, length = 10): BlockRange => ({ piece, begin, length })

describe('runs of neighbours', () => {
  const [first, second, third] = [range(1, 0), range(1, 10), range(1, 20, 3)]
  test.each([
    { name: 'nothing', ranges: [], runs: [] },
    { name: 'one', ranges: [first], runs: [[first]] },
    { name: 'in order', ranges: [first, second, third], runs: [[first, second, third]] },
    { name: 'a gap', ranges: [first, third], runs: [[first], [third]] },
    { name: 'backwards', ranges: [second, first], runs: [[second], [first]] },
    { name: 'the same twice', ranges: [first, first], runs: [[first], [first]] },
    { name: 'the next piece', ranges: [first, range(2, 10)], runs: [[first], [range(2, 10)]] },
    {
      name: 'two runs',
      ranges: [second, third, first, second],
      runs: [
        [second, third],
        [first, second],
      ],
    },
  ])('$name', ({ ranges, runs }) => {
    expect(adjacentRuns(ranges)).toStrictEqual(runs)
  })
})

describe('blocks of several requests', () => {
  const content = patternBytes(100)
  const store = (read: BlockStore['read']): BlockStore => ({ read, close: () => Promise.resolve() })
  const part = (_: number, begin: number, length: number) => content.subarray(begin, begin + length)
  const wanted = [content.subarray(5, 15), content.subarray(90, 100)]

  test('come at once where they are at hand', () => {
    expect(readBlocks(store(part), [range(0, 5), range(0, 90)])).toHaveProperty('blocks', wanted)
  })

  test('come together where one of them takes time', async () => {
    const slow = store((piece, begin, length) => {
      const bytes = part(piece, begin, length)
      return begin === 5 ? Promise.resolve(bytes) : bytes
    })
    expect(await readBlocks(slow, [range(0, 5), range(0, 90)])).toHaveProperty('blocks', wanted)
  })
})

describe('on disk', () => {
  /** Three pieces of 16 KiB over two files; the cut is in the middle of the second piece. */
  const PIECE_LENGTH = 16_384
  const LENGTHS = [20_000, 25_000]
  const content = patternBytes(45_000)
  const at = { folder: '' }
  const opened: BlockStore[] = []
  const metainfo: Metainfo = decodeMetainfo(
    encodeBencode({
      info: {
        name: new TextEncoder().encode('t'),
        'piece length': PIECE_LENGTH,
        pieces: new Uint8Array(60),
        files: LENGTHS.map((length, i) => ({ length, path: [new TextEncoder().encode(String(i))] })),
      },
    }),
  )

  beforeAll(async () => {
    at.folder = await mkdtemp(join(tmpdir(), 'peerwire-store-'))
    await mkdir(join(at.folder, 't'))
    await writeFile(join(at.folder, 't', '0'), content.subarray(0, 20_000))
    await writeFile(join(at.folder, 't', '1'), content.subarray(20_000))
    opened.push(await openDiskStore(metainfo, at.folder))
  })

  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()))
    await rm(at.folder, { recursive: true })
  })

  test.each([
    { name: 'none', ranges: [] },
    {
      name: 'neighbours over the end of a file',
      ranges: [range(1, 0, 3000), range(1, 3000, 5000), range(1, 8000, 1)],
    },
    {
      name: 'backwards, across pieces',
      ranges: [range(2, 100), range(0, 16_000, 384), range(1, 0), range(0, 0)],
    },
    { name: 'the last byte twice', ranges: [range(2, 12_231, 1), range(2, 12_231, 1)] },
  ])('$name', async ({ ranges }) => {
    const [store] = opened
    const read = await store?.readAll?.(ranges)
    expect(read?.blocks).toStrictEqual(
      ranges.map(({ piece, begin, length }) => {
        const start = piece * PIECE_LENGTH + begin
        return content.slice(start, start + length)
      }),
    )
  })
})
