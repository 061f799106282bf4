import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { BLOCK_LENGTH, MAX_SYNTHETIC_LENGTH } from '../../../../src/base/limits.ts'
import {
  makeSyntheticTorrent,
  syntheticPieceLength,
} from '../../../../src/session/upload/synthetic-torrent.ts'
import { decodeMetainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { pieceHash, pieceLengthAt } from '../../../../src/wire/torrent/piece-layout.ts'

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

const LENGTHS = [1, BLOCK_LENGTH - 1, BLOCK_LENGTH, BLOCK_LENGTH + 1, 3 * 65_536, 5 * 65_536 + 4321]

describe.each(LENGTHS)('%i bytes', (length) => {
  const { metainfo, store, torrentBytes } = makeSyntheticTorrent({ length, pieceLength: 65_536, sha1 })

  test('every piece has its hash, read whole or in parts', async () => {
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      const pieceLength = pieceLengthAt(metainfo, piece)
      const whole = await store.read(piece, 0, pieceLength)
      expect(sha1(whole).equals(pieceHash(metainfo, piece) ?? new Uint8Array())).toBe(true)
      for (let begin = 0; begin < pieceLength; begin += 10_000) {
        const count = Math.min(10_000, pieceLength - begin)
        expect(await store.read(piece, begin, count)).toStrictEqual(whole.slice(begin, begin + count))
      }
    }
  })

  test('is a torrent, the same every time', () => {
    expect(decodeMetainfo(torrentBytes)).toMatchObject({ totalLength: length, version: 'v1' })
    const again = makeSyntheticTorrent({ length, pieceLength: 65_536 })
    expect(again.torrentBytes).toStrictEqual(torrentBytes)
    const other = makeSyntheticTorrent({ length, pieceLength: 65_536, seed: 2 })
    expect(other.metainfo.infoHashes).not.toStrictEqual(metainfo.infoHashes)
  })
})

test('no two blocks are alike', async () => {
  const { store, metainfo } = makeSyntheticTorrent({ length: 1 << 24, pieceLength: BLOCK_LENGTH, sha1 })
  const hashes = new Set<string>()
  for (let piece = 0; piece < metainfo.pieceCount; piece++)
    hashes.add(sha1(await store.read(piece, 0, BLOCK_LENGTH)).toString('hex'))
  expect(hashes.size).toBe(1024)
})

test.each([
  { length: 0, pieceLength: BLOCK_LENGTH },
  { length: MAX_SYNTHETIC_LENGTH + 1, pieceLength: BLOCK_LENGTH },
  { length: 1.5, pieceLength: BLOCK_LENGTH },
  { length: 1, pieceLength: BLOCK_LENGTH / 2 },
  { length: 1, pieceLength: BLOCK_LENGTH + 1 },
])('$length bytes in pieces of $pieceLength are refused', (options) => {
  expect(() => makeSyntheticTorrent(options)).toThrow(RangeError)
})

test.each([
  { length: 1, pieceLength: BLOCK_LENGTH },
  { length: 1024 * BLOCK_LENGTH, pieceLength: BLOCK_LENGTH },
  { length: 1024 * BLOCK_LENGTH + 1, pieceLength: 2 * BLOCK_LENGTH },
  { length: 2 ** 30, pieceLength: 2 ** 20 },
  { length: 2 ** 36, pieceLength: 2 ** 22 },
])('$length bytes come in pieces of $pieceLength', ({ length, pieceLength }) => {
  expect(syntheticPieceLength(length)).toBe(pieceLength)
})
