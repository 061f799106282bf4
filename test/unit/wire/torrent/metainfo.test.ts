import { describe, expect, test } from 'vitest'
import { fromByteString, toByteString } from '../../../../src/base/bytes.ts'
import { PeerError } from '../../../../src/base/errors.ts'
import {
  MAX_METAINFO_ITEMS,
  MAX_PIECE_LENGTH,
  MAX_PIECES,
  MAX_TORRENT_FILES,
  MAX_TORRENT_LENGTH,
} from '../../../../src/base/limits.ts'
import { type BencodeInput, encodeBencode } from '../../../../src/wire/bencode.ts'
import { decodeInfo, decodeMetainfo, type Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import {
  blockAt,
  blockCountAt,
  fileAt,
  merklePieceHash,
  pieceHash,
  pieceLengthAt,
} from '../../../../src/wire/torrent/piece-layout.ts'

const V1: Readonly<Record<string, BencodeInput>> = {
  name: 'a',
  'piece length': 32_768,
  length: 70_000,
  pieces: new Uint8Array(60),
}
const MANY: Readonly<Record<string, BencodeInput>> = {
  name: 'a',
  'piece length': 32_768,
  pieces: new Uint8Array(60),
}
const ROOT = new Uint8Array(32).fill(1)
const V2 = {
  name: 'a',
  'piece length': 32_768,
  'meta version': 2,
  'file tree': { a: { '': { length: 70_000, 'pieces root': ROOT } } },
}
const decode = (info: BencodeInput): Metainfo => decodeInfo(encodeBencode(info))

describe('v1', () => {
  test('one file', () => {
    const metainfo = decode({ ...V1, private: 1 })
    expect(metainfo).toMatchObject({ version: 'v1', pieceCount: 3, totalLength: 70_000, private: true })
    expect(metainfo.files).toHaveLength(1)
    expect(metainfo.files[0]).toMatchObject({
      path: [fromByteString('a')],
      length: 70_000,
      offset: 0,
      pad: false,
      attributes: '',
      linkTarget: undefined,
      piecesRoot: undefined,
    })
    expect(metainfo.notes).toStrictEqual([])
    expect(blockCountAt(metainfo, 2)).toBe(1)
    expect(blockAt(metainfo, 0, 1)).toStrictEqual({ piece: 0, begin: 16_384, length: 16_384 })
    expect(blockAt(metainfo, 2, 0)).toStrictEqual({ piece: 2, begin: 0, length: 4464 })
    expect(() => blockAt(metainfo, 2, 1)).toThrow(RangeError)
    expect(() => pieceLengthAt(metainfo, 3)).toThrow(RangeError)
    expect(() => pieceHash(metainfo, -1)).toThrow(RangeError)
    expect(pieceHash(metainfo, 2)).toHaveLength(20)
  })

  test('many files, one of them empty, one a pad without a path', () => {
    const files = [
      { length: 0, path: ['empty'] },
      { length: 30_000, path: ['d', '\u00e9'] },
      { length: 2768, attr: 'xp' },
      { length: 37_232, path: ['e'] },
    ]
    const metainfo = decode({ ...MANY, files })
    expect(metainfo.files.map(({ offset, pad }) => [offset, pad])).toStrictEqual([
      [0, false],
      [0, false],
      [30_000, true],
      [32_768, false],
    ])
    expect(metainfo.totalLength).toBe(67_232)
    expect(fileAt(metainfo, 0)?.length).toBe(30_000)
  })

  test('names that are no UTF-8 stay as they are', () => {
    expect(decode({ ...V1, name: Uint8Array.of(0xff, 0xfe) }).name).toStrictEqual(Uint8Array.of(0xff, 0xfe))
  })
})

const tree = (properties: BencodeInput) => ({ ...V2, 'file tree': { a: { '': properties } } })
const v1Files = (...lengths: BencodeInput[]) => ({
  ...MANY,
  files: lengths.map((length) => ({ length, path: ['x'] })),
})

const REFUSED: readonly (readonly [string, BencodeInput, string])[] = [
  ['a list', [], 'not a dictionary'],
  ['piece length missing', { ...V1, 'piece length': undefined }, 'the piece length is missing'],
  ['piece length 0', { ...V1, 'piece length': 0 }, 'the piece length is 0'],
  ['piece length -1', { ...V1, 'piece length': -1 }, 'the piece length is -1'],
  ['piece length 2^63', { ...V1, 'piece length': 2n ** 63n }, 'the piece length is 9223372036854775808'],
  ['piece length over the limit', { ...V1, 'piece length': MAX_PIECE_LENGTH + 1 }, 'not 1 to 536870912'],
  ['pieces missing', { ...V1, pieces: undefined }, 'no "pieces"'],
  ['pieces a list', { ...V1, pieces: [] }, '"pieces" is not a byte string'],
  ['pieces not x20', { ...V1, pieces: new Uint8Array(61) }, 'which is not a multiple of 20'],
  ['a piece hash too few', { ...V1, pieces: new Uint8Array(40) }, '2 piece hashes, but its files need 3'],
  ['a piece hash too many', { ...V1, pieces: new Uint8Array(80) }, '4 piece hashes, but its files need 3'],
  ['length -1', { ...V1, length: -1 }, 'a length of -1'],
  ['length 2^63', { ...V1, length: 2n ** 63n }, 'a length of 9223372036854775808'],
  ['length 0', { ...V1, length: 0, pieces: '' }, 'no data'],
  ['neither length nor files', MANY, 'lists no files'],
  ['no files', { ...MANY, files: [] }, 'lists no files'],
  ['files that are numbers', { ...MANY, files: [1] }, 'not a dictionary'],
  ['a file without length', { ...MANY, files: [{ path: ['x'] }] }, 'no length'],
  ['lengths past 2^53', v1Files(Number.MAX_SAFE_INTEGER, 1), 'more than 2^53'],
  ['a negative length among many', v1Files(70_001, -1), 'a length of -1'],
  ['too many pieces', { ...V1, 'piece length': 1, length: MAX_PIECES + 1 }, 'pieces, more than 16777208'],
  ['meta version 3', { ...V2, 'meta version': 3 }, 'meta version 3; versions 1 and 2 are known'],
  ['v2 piece length 8192', { ...V2, 'piece length': 8192 }, 'is not a power of two of at least 16384'],
  ['v2 piece length 49152', { ...V2, 'piece length': 49_152 }, 'is not a power of two'],
  ['no file tree', { ...V2, 'file tree': undefined }, 'no file tree'],
  ['an empty file tree', { ...V2, 'file tree': {} }, 'lists no files'],
  [
    'a root that is a file',
    { ...V2, 'file tree': { '': { length: 1 } } },
    'the root of the file tree is a file',
  ],
  ['a file with siblings', { ...V2, 'file tree': { a: { '': { length: 0 }, b: {} } } }, 'files below it'],
  ['a tree of numbers', { ...V2, 'file tree': { a: 1 } }, 'not a dictionary'],
  ['properties a list', tree([]), 'the properties of a file are not a dictionary'],
  ['v2 without root', tree({ length: 1 }), 'no pieces root of 32 bytes'],
  [
    'v2 with a root of 31',
    tree({ length: 1, 'pieces root': ROOT.subarray(1) }),
    'no pieces root of 32 bytes',
  ],
  ['v2 length -1', tree({ length: -1, 'pieces root': ROOT }), 'a length of -1'],
  ['hybrid, other length', { ...V1, ...V2, length: 70_001 }, 'file 1 has 70001 and 70000 bytes'],
  ['hybrid, other name', { ...V1, ...V2, 'file tree': { b: V2['file tree'].a } }, 'file 1 has two names'],
]

test.each(REFUSED)('refuses %s', (_, info, message) => {
  expect(() => decode(info)).toThrow(PeerError)
  expect(() => decode(info)).toThrow(message)
  expect(() => decode(info)).toThrow(expect.objectContaining({ code: 'E_BAD_TORRENT' }))
})

describe('at the limits', () => {
  test('the longest piece, name and path pass', () => {
    expect(decode({ ...V1, 'piece length': MAX_PIECE_LENGTH, pieces: new Uint8Array(20) }).pieceCount).toBe(1)
    expect(decode({ ...V1, name: 'x'.repeat(65_536) }).name).toHaveLength(65_536)
    const path = Array.from({ length: 1000 }, () => 'x')
    expect(decode({ ...MANY, files: [{ length: 70_000, path }] }).files[0]?.path).toHaveLength(1001)
  })

  test('the most files pass, one more does not', () => {
    const infoOf = (count: number): Uint8Array => {
      const pieces = '\0'.repeat(20 * Math.ceil(count / 32_768))
      const files = 'd6:lengthi1e4:pathl1:xee'.repeat(count)
      return fromByteString(
        `d5:filesl${files}e4:name1:a12:piece lengthi32768e6:pieces${pieces.length}:${pieces}e`,
      )
    }
    expect(decodeInfo(infoOf(MAX_TORRENT_FILES)).files).toHaveLength(MAX_TORRENT_FILES)
    expect(() => decodeInfo(infoOf(MAX_TORRENT_FILES + 1))).toThrow('more than 200000 files')
  })
})

describe('the rest of the file', () => {
  const wrap = (text: string): Uint8Array => fromByteString(`d8:announce6:secret4:info${text}e`)

  test('is read up to a length, and no further', () => {
    const torrent = wrap(toByteString(encodeBencode(V1)))
    const file = new Uint8Array(MAX_TORRENT_LENGTH + 1)
    file.set(torrent)
    expect(decodeMetainfo(file.subarray(0, MAX_TORRENT_LENGTH)).infoHashes).toStrictEqual(
      decode(V1).infoHashes,
    )
    for (const read of [decodeMetainfo, decodeInfo])
      expect(() => read(file)).toThrow(`is larger than ${MAX_TORRENT_LENGTH} bytes`)
  })

  test('holds values up to a number, and no more', () => {
    const info = toByteString(encodeBencode(V1))
    const torrentOf = (extra: number): Uint8Array =>
      fromByteString(`d1:al${'le'.repeat(extra)}e4:info${info}e`)
    // the file, its list, the info dictionary, and every key and value in them
    const others = 3 + 2 + 2 * Object.keys(V1).length
    const most = MAX_METAINFO_ITEMS - others
    expect(decodeMetainfo(torrentOf(most)).infoHashes).toStrictEqual(decode(V1).infoHashes)
    expect(() => decodeMetainfo(torrentOf(most + 1))).toThrow('too many values')
  })

  test('the offset of a member is the one in the file', () => {
    expect(() => decodeMetainfo(wrap('d6:lengthi5e4:name1:a12:piece lengthi0e6:pieces0:e'))).toThrow(
      expect.objectContaining({ offset: 61 }),
    )
  })

  test('may be sloppy, and what follows it is not looked at', () => {
    const info = toByteString(encodeBencode(V1))
    const sloppy = fromByteString(`d4:info${info}1:a0:1:a0:eJUNK`)
    const metainfo = decodeMetainfo(sloppy)
    expect(metainfo.infoHashes).toStrictEqual(decode(V1).infoHashes)
    expect(metainfo.notes.map(({ id }) => id)).toStrictEqual([
      'unsorted-keys',
      'duplicate-key',
      'trailing-bytes',
    ])
  })

  test('bytes after a bare info dictionary are refused', () => {
    expect(() => decodeInfo(fromByteString(`${toByteString(encodeBencode(V1))}x`))).toThrow(
      'something follows',
    )
  })

  test.each(['', 'x', 'd', 'de', 'd4:infoi1ee', '<!DOCTYPE html>'])('no torrent: %j', (text) => {
    expect(() => decodeMetainfo(fromByteString(text))).toThrow(
      expect.objectContaining({ code: 'E_BAD_TORRENT' }),
    )
  })
})

test('trackers are in nothing that comes out, but for the raw bytes of the input', () => {
  const info = encodeBencode(V1)
  const file = fromByteString(`d8:announce21:http://t/?passkey=key4:info${toByteString(info)}e`)
  const metainfo = decodeMetainfo(file)
  expect(metainfo.infoBytes).toStrictEqual(info)
  expect(JSON.stringify(metainfo)).not.toContain('passkey')
  expect(Object.keys(metainfo)).not.toContain('announce')
})

describe('hybrid', () => {
  const root = (fill: number) => new Uint8Array(32).fill(fill)
  const info = (files: BencodeInput, pieces = 3): BencodeInput => ({
    name: 'h',
    'piece length': 16_384,
    'meta version': 2,
    pieces: new Uint8Array(20 * pieces),
    files,
    'file tree': {
      a: { '': { length: 20_000, 'pieces root': root(1) } },
      b: { '': { length: 100, 'pieces root': root(2) } },
    },
  })
  const a = { length: 20_000, path: ['a'] }
  const b = { length: 100, path: ['b'] }
  const pad = (length: number) => ({ attr: 'p', length, path: ['.pad', String(length)] })

  test('v1 files get the roots of v2', () => {
    const metainfo = decode(info([a, pad(12_768), b]))
    expect(metainfo.files.map(({ piecesRoot }) => piecesRoot?.[0])).toStrictEqual([1, undefined, 2])
    expect([1, 2].map((piece) => pieceLengthAt(metainfo, piece, 'v1'))).toStrictEqual([16_384, 100])
    expect([1, 2].map((piece) => pieceLengthAt(metainfo, piece, 'v2'))).toStrictEqual([3616, 100])
    expect(metainfo.totalLength).toBe(20_100)
    expect(merklePieceHash(metainfo, 2)).toStrictEqual(root(2))
  })

  test.each([
    ['no pad', [a, b], 2, 'file 2 begins in different pieces'],
    ['a pad that is too long', [a, pad(12_768 + 16_384), b], 4, 'file 2 begins in different pieces'],
    ['pads after the end', [a, pad(12_768), b, pad(16_384)], 4, 'v1 has more pieces'],
    ['a file missing in v1', [a], 2, 'v2 has more files'],
    [
      'a file missing in v2',
      [a, pad(12_768), b, pad(16_284), { length: 1, path: ['c'] }],
      4,
      'v1 has more files',
    ],
    ['another order', [b, pad(16_284), a], 3, 'file 1 has two names'],
  ])('refuses %s', (_, files, pieces, message) => {
    expect(() => decode(info(files, pieces))).toThrow(message)
  })
})
