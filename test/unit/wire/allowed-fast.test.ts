import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../src/base/bytes.ts'
import { parseIpAddress } from '../../../src/wire/address.ts'
import {
  generateAllowedFastSet,
  generateAria2AllowedFastSet,
  generateLibtorrentAllowedFastSet,
  recogniseAllowedFastSet,
} from '../../../src/wire/allowed-fast.ts'
import { readVectors, type Vector } from '../../support/wire/vectors.ts'

interface Input {
  readonly ip: string
  readonly info_hash: string
  readonly pieces: number
  readonly k: number
  readonly mask?: string
}
const VECTORS = readVectors('allowed-fast') as readonly Vector<
  Input,
  { readonly set?: readonly number[]; readonly set_sorted?: readonly number[] }
>[]

const INFO_HASH = fromHex('aa'.repeat(20))
const IP = '80.4.4.200'
const BEP6 = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508, 1246]
const LIBTORRENT = [421, 309, 795, 1262, 381]
const ARIA2 = [363, 43, 220, 1252, 710, 1213, 1059, 13, 1303, 450]

test.each(VECTORS)('$name', ({ input, expected }) => {
  const generate = new Map([
    ['none', generateLibtorrentAllowedFastSet],
    ['ffff0000', generateAria2AllowedFastSet],
  ]).get(input.mask ?? '')
  const infoHash = fromHex(input.info_hash)
  const set = (generate ?? generateAllowedFastSet)(input.ip, infoHash, input.pieces, input.k)
  if (expected.set !== undefined) expect(set).toStrictEqual(expected.set)
  else expect(set.toSorted((a, b) => a - b)).toStrictEqual(expected.set_sorted)
})

describe('the set', () => {
  test('has the size of its dialect unless told otherwise', () => {
    expect(generateAllowedFastSet(IP, INFO_HASH, 1313)).toStrictEqual(BEP6)
    expect(generateLibtorrentAllowedFastSet(IP, INFO_HASH, 1313)).toStrictEqual(LIBTORRENT)
    expect(generateAria2AllowedFastSet(IP, INFO_HASH, 1313)).toStrictEqual(ARIA2)
  })

  test.each([
    [0, 10, 0],
    [1, 10, 1],
    [9, 10, 9],
    [10, 10, 10],
    [1313, 0, 0],
    [2000, 1024, 1024],
    [2000, 1025, 1024],
  ])('of %i pieces and size %i has %i members', (pieceCount, count, members) => {
    const set = generateAllowedFastSet(IP, INFO_HASH, pieceCount, count)
    expect(new Set(set).size).toBe(members)
    expect(set).toHaveLength(members)
  })

  test('takes an address as bytes, and an IPv4-mapped one', () => {
    const bytes = parseIpAddress(IP) ?? new Uint8Array()
    expect(generateAllowedFastSet(bytes, INFO_HASH, 1313)).toStrictEqual(BEP6)
    expect(generateAllowedFastSet(`::ffff:${IP}`, INFO_HASH, 1313)).toStrictEqual(BEP6)
  })

  test('is empty for IPv6', () => {
    expect(generateAllowedFastSet('2001:db8::7', INFO_HASH, 1313)).toStrictEqual([])
    expect(generateAria2AllowedFastSet('2001:db8::7', INFO_HASH, 1313)).toStrictEqual([])
  })

  test('of aria2 masks by class', () => {
    // from 192 on three octets count, as in BEP 6
    const upper = generateAria2AllowedFastSet('192.0.2.1', INFO_HASH, 1313)
    expect(upper).toStrictEqual(generateAllowedFastSet('192.0.2.1', INFO_HASH, 1313))
    const lower = generateAria2AllowedFastSet('191.0.2.1', INFO_HASH, 1313)
    expect(lower).toStrictEqual(generateAria2AllowedFastSet('191.0.3.1', INFO_HASH, 1313))
  })

  test('needs an address', () => {
    expect(() => generateAllowedFastSet('localhost', INFO_HASH, 10)).toThrow(RangeError)
    expect(() => generateAllowedFastSet(new Uint8Array(5), INFO_HASH, 10)).toThrow(RangeError)
  })
})

test.each<[string, readonly number[], string, string | undefined]>([
  ['BEP 6', BEP6, IP, 'bep6'],
  ['libtorrent', LIBTORRENT, IP, 'libtorrent'],
  ['aria2', ARIA2, IP, 'aria2'],
  ['another order', LIBTORRENT.toReversed(), IP, 'libtorrent'],
  ['some left out', LIBTORRENT.slice(2), IP, 'libtorrent'],
  ['libtorrent over IPv6', [1158, 864, 89, 1131, 977], '2001:db8::7', 'libtorrent'],
  ['none', [], IP, undefined],
  ['one too many', [...LIBTORRENT, 0], IP, undefined],
  ['two dialects mixed', [...LIBTORRENT.slice(1), 1059], IP, undefined],
  ['anything', [1, 2, 3], IP, undefined],
  ['a flood', Array.from({ length: 1025 }, (_, i) => i), IP, undefined],
])('recognises %s', (_, pieces, ip, dialect) => {
  expect(recogniseAllowedFastSet(pieces, ip, INFO_HASH, 1313)).toBe(dialect)
})
