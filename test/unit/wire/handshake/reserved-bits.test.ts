import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  decodeFeatures,
  encodeFeatures,
  type Feature,
  type NamedFeature,
} from '../../../../src/wire/handshake/reserved-bits.ts'
import { handshakeVectors } from '../../../support/wire/handshake-vectors.ts'

/** The words of the vectors, and ours for the same bits. */
const WORDS: Readonly<Record<string, Feature>> = {
  azmp: 'azureus-messaging',
  location: 'location-aware',
  ltep: 'extension-protocol',
  extneg_lo: 'azureus-negotiation',
  extneg_hi: 'azureus-negotiation',
  dht: 'dht',
  xbt_pex: 'xbt-peer-exchange',
  fast: 'fast',
  nat_traversal: 'nat-traversal',
  v2_upgrade: 'v2',
  bitcomet_ext: 'bitcomet-extension',
}

/** The table of BEP 4, BEP 30's bit and BEP 52's: the bit counted from the right, and our name. */
const NAMED_BITS = new Map<number, Feature>([
  [63, 'azureus-messaging'],
  ...Array.from({ length: 15 }, (_, i) => [62 - i, 'bitcomet-extension'] as const),
  [43, 'location-aware'],
  [20, 'extension-protocol'],
  [19, 'merkle'],
  [17, 'azureus-negotiation'],
  [16, 'azureus-negotiation'],
  [4, 'v2'],
  [3, 'nat-traversal'],
  [2, 'fast'],
  [1, 'xbt-peer-exchange'],
  [0, 'dht'],
])

const flagged = handshakeVectors.filter(({ expected }) => expected.flags !== undefined)

describe.each(flagged)('$name', ({ input, expected }) => {
  test('names the bits', () => {
    const names = (expected.flags ?? []).map((flag) => WORDS[flag])
    expect(new Set(decodeFeatures(fromHex(input.reserved ?? '')))).toStrictEqual(new Set(names))
  })
})

test('every bit that a BEP or a client defines has its name, and every other its number', () => {
  for (let bit = 0; bit < 64; bit++) {
    const reserved = new Uint8Array(8)
    reserved[7 - (bit >> 3)] = 1 << (bit & 7)
    expect(decodeFeatures(reserved)).toStrictEqual([NAMED_BITS.get(bit) ?? `bit-${bit}`])
  }
})

test.each([
  { reserved: '8000000000130005', first: 'azureus-messaging' },
  { reserved: 'ffff000000100005', first: 'bitcomet-extension' },
  // "ex", which BitComet sends
  { reserved: '6578000000100005', first: 'bitcomet-extension' },
  { reserved: '8001000000100005', first: 'bitcomet-extension' },
])('$reserved: the bit that two protocols share is named once', ({ reserved, first }) => {
  const names = decodeFeatures(fromHex(reserved)).filter((name) => /^(?:azureus-m|bitcomet|bit-)/.test(name))
  expect(names).toStrictEqual([first])
})

test('libtorrent before 2.0 sets the bit of Merkle torrents (BEP 30)', () => {
  expect(decodeFeatures(fromHex('0000000000180005'))).toStrictEqual([
    'extension-protocol',
    'merkle',
    'dht',
    'fast',
  ])
})

test('a second bit of the two of azureus-negotiation is not named twice', () => {
  expect(decodeFeatures(fromHex('0000000000030000'))).toStrictEqual(['azureus-negotiation'])
})

test.each([
  { features: [], reserved: '0000000000000000' },
  { features: ['extension-protocol', 'fast'], reserved: '0000000000100004' },
  { features: ['extension-protocol', 'fast', 'dht', 'v2'], reserved: '0000000000100015' },
  { features: ['azureus-negotiation', 'azureus-messaging', 'location-aware'], reserved: '8000080000030000' },
  { features: ['bitcomet-extension', 'merkle', 'nat-traversal'], reserved: 'ffff000000080008' },
] satisfies { features: NamedFeature[]; reserved: string }[])(
  'encodes $reserved',
  ({ features, reserved }) => {
    expect(toHex(encodeFeatures(features))).toBe(reserved)
    expect(new Set<string>(decodeFeatures(encodeFeatures(features)))).toStrictEqual(new Set<string>(features))
  },
)

test('decoding leaves the bytes alone', () => {
  const reserved = fromHex('8000080000130015')
  decodeFeatures(reserved)
  expect(toHex(reserved)).toBe('8000080000130015')
})
