import { expect, test } from 'vitest'
import { MAX_PIECE_LENGTH } from '../../../../src/base/limits.ts'
import type { Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { longestPieceLength, pieceLengthAt } from '../../../../src/wire/torrent/piece-layout.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { makeV2Torrent } from '../../../support/torrents/made-v2-torrent.ts'

const v1 = (pieceLength: number, length: number): Metainfo => makeV1Torrent({ pieceLength, length }).metainfo
const v2 = (pieceLength: number, length: number, hybrid: boolean): Metainfo =>
  makeV2Torrent({ pieceLength, length, hybrid }).metainfo

test.each<[string, Metainfo, number]>([
  ['v1, pieces longer than the data', v1(MAX_PIECE_LENGTH, 40_000), 40_000],
  ['v1, one whole piece', v1(32_768, 32_768), 32_768],
  ['v1, a byte more', v1(32_768, 32_769), 32_768],
  ['v1, files that share a piece', sharing(), 50_000],
  ['v2, a file shorter than a piece', v2(65_536, 9000, false), 9000],
  ['v2, a longer file', v2(65_536, 200_001, false), 65_536],
  ['hybrid, a file shorter than a piece', v2(65_536, 9000, true), 9000],
])('the longest piece: %s', (_, metainfo, expected) => {
  expect(longestPieceLength(metainfo)).toBe(expected)
  const lengths = Array.from({ length: metainfo.pieceCount }, (_row, piece) => pieceLengthAt(metainfo, piece))
  expect(Math.max(...lengths)).toBe(expected)
})

function sharing(): Metainfo {
  const files = [
    { path: ['a'], length: 20_000 },
    { path: ['b'], length: 30_000 },
  ]
  return makeV1Torrent({ pieceLength: 65_536, files }).metainfo
}
