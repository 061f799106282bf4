import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  decodeFeatures,
  encodeFeatures,
  RESERVED_BITS,
  type Feature,
  type NamedFeature,
} from '../../../../src/wire/handshake/reserved-bits.ts'
import { handshakeVectors } from '../../../support/handshake-vectors.ts'

/** The words of the vectors, and ours for the same bits. */
const WORDS: Readonly<Record<string, Feature>> = {
  azmp: 'azureus-messaging',
  location: 'location-aware',
  ltep: 'extension-protocol',
  extneg_lo: 'azureus-negotiation',
  extneg_hi: 'azureus-negotiation',
  dht: 'dht',
  xbt_pex: 'bit-1',
  fast: 'fast',
  nat_traversal: 'bit-3',
  v2_upgrade: 'v2',
}

const flagged = handshakeVectors.filter(({ expected }) => expected.flags !== undefined)

describe.each(flagged.filter(({ expected }) => !expected.flags?.includes('bitcomet_ext')))(
  '$name',
  ({ input, expected }) => {
    test('names the bits', () => {
      const names = (expected.flags ?? []).map((flag) => WORDS[flag])
      expect(new Set(decodeFeatures(fromHex(input.reserved ?? '')))).toStrictEqual(new Set(names))
    })
  },
)

test('the 16 bits of BitComet: the Azureus bit by its name, the others by number', () => {
  const bitComet = flagged.find(({ expected }) => expected.flags?.includes('bitcomet_ext'))
  const numbers = Array.from({ length: 15 }, (_, i) => `bit-${62 - i}`)
  expect(decodeFeatures(fromHex(bitComet?.input.reserved ?? ''))).toStrictEqual([
    'azureus-messaging',
    ...numbers,
  ])
})

test('every bit has exactly one name, alone', () => {
  for (let bit = 0; bit < 64; bit++) {
    const reserved = new Uint8Array(8)
    reserved[7 - (bit >> 3)] = 1 << (bit & 7)
    const features = decodeFeatures(reserved)
    expect(features).toHaveLength(1)
    const named = Object.values(RESERVED_BITS).some(
      ({ byte, mask }) => byte === 7 - (bit >> 3) && (mask & (1 << (bit & 7))) !== 0,
    )
    if (!named) expect(features).toStrictEqual([`bit-${bit}`])
    else expect(features[0]).not.toMatch(/^bit-/)
  }
})

test('a second bit of the two of azureus-negotiation is not named twice', () => {
  expect(decodeFeatures(fromHex('0000000000030000'))).toStrictEqual(['azureus-negotiation'])
})

test.each([
  { features: [], reserved: '0000000000000000' },
  { features: ['extension-protocol', 'fast'], reserved: '0000000000100004' },
  { features: ['extension-protocol', 'fast', 'dht', 'v2'], reserved: '0000000000100015' },
  { features: ['azureus-negotiation', 'azureus-messaging', 'location-aware'], reserved: '8000080000030000' },
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
