import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromByteString, fromHex, toByteString, toHex } from '../../../../src/base/bytes.ts'
import { type BencodeInput, decodeBencodeDictionary, encodeBencode } from '../../../../src/wire/bencode.ts'
import { decodeInfo, decodeMetainfo, type Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import {
  fileAt,
  merklePieceHash,
  pieceHash,
  pieceLengthAt,
} from '../../../../src/wire/torrent/piece-layout.ts'
import fixture from '../../../fixtures/vectors/bep52.json' with { type: 'json' }

interface Vector {
  readonly input: { readonly info: string; readonly piece_layers?: Readonly<Record<string, string>> }
  readonly expected: {
    readonly info_hash_v1?: string
    readonly info_hash_v2?: string
    readonly pad_lengths?: readonly number[]
    readonly last_v1_piece_length?: number
    readonly last_v2_piece_length?: number
    readonly last_piece_length?: number
  }
}

/** Not used: the rows of the two published v2 test torrents, whose files are not here. */
const NAMES = [
  'v1-only info dict',
  'v2-only info dict',
  'hybrid info dict, with pad after the last file',
  'hybrid info dict, without pad after the last file',
] as const

const vectorOf = (name: string): Vector => {
  const vector = fixture.vectors.find((row) => row.name === name)
  if (vector === undefined) throw new Error(`no vector ${name}`)
  return vector as unknown as Vector
}

describe.each(NAMES)('vector: %s', (name) => {
  const { input, expected } = vectorOf(name)
  const metainfo = decodeInfo(fromHex(input.info))

  test('hashes', () => {
    const { v1, v2 } = metainfo.infoHashes
    expect([v1 && toHex(v1), v2 && toHex(v2)]).toStrictEqual([expected.info_hash_v1, expected.info_hash_v2])
    expect(metainfo.version).toBe(name.split(/[ -]/, 1)[0])
  })

  test('pieces and pads', () => {
    const last = metainfo.pieceCount - 1
    const { last_v1_piece_length: inV1, last_v2_piece_length: inV2, last_piece_length: only } = expected
    if (inV1 ?? only) expect(pieceLengthAt(metainfo, last, 'v1')).toBe(inV1 ?? only)
    if (inV2) expect(pieceLengthAt(metainfo, last, 'v2')).toBe(inV2)
    const pads = metainfo.files.filter(({ pad }) => pad).map(({ length }) => length)
    expect(pads).toStrictEqual(expected.pad_lengths ?? [])
  })

  test('hash functions of the caller give the same', () => {
    const hash = (algorithm: string) => (bytes: Uint8Array) =>
      new Uint8Array(createHash(algorithm).update(bytes).digest())
    const again = decodeInfo(fromHex(input.info), { sha1: hash('sha1'), sha256: hash('sha256') })
    expect(again).toStrictEqual(metainfo)
  })
})

describe('the v2 vector as a file', () => {
  const { input } = vectorOf('v2-only info dict')
  const layers = new Map(
    Object.entries(input.piece_layers ?? {}).map(([root, layer]) => [
      toByteString(fromHex(root)),
      fromHex(layer),
    ]),
  )
  const info = readInfo(fromHex(input.info))
  const read = (pieceLayers?: BencodeInput): Metainfo =>
    decodeMetainfo(
      encodeBencode({ info, ...(pieceLayers === undefined ? {} : { 'piece layers': pieceLayers }) }),
    )

  test('each file begins a piece, and its last piece is short', () => {
    const metainfo = read(layers)
    expect(metainfo.files.map(({ length, offset }) => [length, offset])).toStrictEqual([
      [40_000, 0],
      [20_000, 65_536],
    ])
    expect([0, 1, 2].map((piece) => pieceLengthAt(metainfo, piece))).toStrictEqual([32_768, 7232, 20_000])
    expect(metainfo.totalLength).toBe(60_000)
    expect(fileAt(metainfo, 39_999)).toBe(metainfo.files[0])
    expect(fileAt(metainfo, 40_000)).toBeUndefined()
    expect(fileAt(metainfo, 65_536)).toBe(metainfo.files[1])
    expect(fileAt(metainfo, 85_536)).toBeUndefined()
  })

  test('pieces have their merkle hash: of the layer, or the root of a file of one piece', () => {
    const metainfo = read(layers)
    const [layer = ''] = Object.values(input.piece_layers ?? {})
    const hashes = [0, 1, 2].map((piece) => toHex(merklePieceHash(metainfo, piece) ?? new Uint8Array()))
    expect(hashes).toStrictEqual([
      layer.slice(0, 64),
      layer.slice(64),
      toHex(metainfo.files[1]?.piecesRoot ?? new Uint8Array()),
    ])
    expect(pieceHash(metainfo, 0)).toBeUndefined()
    expect(merklePieceHash(decodeInfo(fromHex(input.info)), 0)).toBeUndefined()
  })

  const many = new Map(Array.from({ length: 3 }, (_, i) => [`${i}`.repeat(32), new Uint8Array(64)] as const))

  test.each<readonly [string, BencodeInput | undefined, number, readonly string[]]>([
    ['no piece layers', undefined, 0, ['missing-layer']],
    ['an empty dictionary', new Map(), 0, ['missing-layer']],
    ['a list', [], 0, ['wrong-type', 'missing-layer']],
    ['some of no file', new Map([...many, ...layers]), 1, ['surplus-layer']],
    ['a short one', mapLayers((layer) => layer.subarray(32)), 0, ['bad-layer', 'missing-layer']],
    ['a wrong one', mapLayers((layer) => layer.map((byte) => byte ^ 1)), 0, ['bad-layer', 'missing-layer']],
    ['a number', new Map([...layers].map(([root]) => [root, 1])), 0, ['bad-layer', 'missing-layer']],
  ])('reads %s', (_, pieceLayers, count, notes) => {
    const metainfo = read(pieceLayers)
    expect(metainfo.pieceLayers?.size).toBe(count)
    expect(metainfo.notes.map(({ id }) => id)).toStrictEqual(notes)
    expect(metainfo.infoHashes).toStrictEqual(read(layers).infoHashes)
  })

  function mapLayers(change: (layer: Uint8Array) => Uint8Array): ReadonlyMap<string, Uint8Array> {
    return new Map([...layers].map(([root, layer]) => [root, change(layer)]))
  }
})

test('the sample of BEP 52 as printed is not bencode, and corrected it lacks a piece length', () => {
  const sample = (name: string): Uint8Array => {
    const { bytes_ascii: text = '' } = fixture.vectors.find((row) => row.name === name)?.input ?? {}
    return fromByteString(text)
  }
  const printed = sample('BEP 52 file tree sample exactly as printed')
  const corrected = sample('BEP 52 file tree sample, corrected')
  expect(() => decodeMetainfo(printed)).toThrow('not a bencoded dictionary')
  expect(() => decodeMetainfo(corrected)).toThrow('no "pieces"')
})

function readInfo(bytes: Uint8Array): BencodeInput {
  const result = decodeBencodeDictionary(bytes)
  if (!result.ok) throw new Error(result.reason)
  return result.value
}
