import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../../src/base/bytes.ts'
import {
  decodePeerId,
  describePeerId,
  generatePeerId,
  PEER_ID_PREFIX,
} from '../../../../src/wire/peer-id/peer-id.ts'
import fixture from '../../../fixtures/vectors/peer_id.json' with { type: 'json' }

/** The vectors print the long names of two clients; reports use the short ones. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'libtorrent (Rasterbar)': 'libtorrent',
  'rTorrent (libTorrent Rakshasa)': 'rTorrent',
}

interface Vector {
  readonly name: string
  readonly input: { readonly peer_id: string }
  readonly expected: {
    readonly client: string | null
    readonly version?: string | null
    readonly style: string
  }
}
const VECTORS: readonly Vector[] = fixture.vectors

test('all 71 vectors are here', () => {
  expect(VECTORS).toHaveLength(71)
})

test.each(VECTORS)('$name', ({ input, expected }) => {
  const { hex, client, version, style } = decodePeerId(fromHex(input.peer_id))
  expect(hex).toBe(input.peer_id)
  expect(client).toBe(expected.client === null ? null : (SHORT_NAMES[expected.client] ?? expected.client))
  expect(style).toBe(expected.style)
  if (expected.version !== undefined) expect(version).toBe(expected.version)
})

const CASES = [
  ['-qB4651-abcdefghijkl', 'azureus', 'qBittorrent', '4.6.5.1'],
  ['-LT1190-abcdefghijkl', 'azureus', 'libtorrent', '1.1.9'],
  ['-DE200D-abcdefghijkl', 'azureus', 'Deluge', '2.0.0 (dev)'],
  ['-DE200r-abcdefghijkl', 'azureus', 'Deluge', '2.0.0 (rc)'],
  ['-TR410Z-abcdefghijkl', 'azureus', 'Transmission', '4.1.0 (dev)'],
  ['-TR4\x0060-abcdefghijkl', 'azureus', 'Transmission', null],
  ['-lt0E00-abcdefghijkl', 'azureus', 'rTorrent', '0.14.0'],
  ['-lt100A-abcdefghijkl', 'azureus', 'rTorrent', '0.16.10'],
  ['-lt1Z00-abcdefghijkl', 'azureus', 'rTorrent', null],
  ['-UT355d-abcdefghijkl', 'azureus', 'µTorrent', '3.5.5 (debug)'],
  ['-UT355Z-abcdefghijkl', 'azureus', 'µTorrent', '3.5.5 (dev)'],
  ['-KT33R2-abcdefghijkl', 'azureus', 'KTorrent', '3.3 rc 2'],
  ['-XF9990-abcdefghijkl', 'azureus', 'Xfplay', '9.9.9'],
  ['-BC0x41-abcdefghijkl', 'azureus', 'BitComet', null],
  ['-BL2463-abcdefghijkl', 'azureus', 'BitLord or BitBlinder', '2.4.6.3'],
  ['-UT3550abcdefghijklm', 'azureus-wide', 'µTorrent', '3.5.50'],
  ['-qB46500abcdefghijkl', 'azureus', null, null],
  ['-FG0180-abcdefghijkl', 'azureus', 'FlashGet', '1.80'],
  ['-ML2.7.2kgjjfkdabcde', 'unknown', null, null],
  ['aria2-abcdefghijklmn', 'prefix', 'aria2', null],
  ['XBT054-abcdefghijklm', 'prefix', 'XBT Client', '0.5.4'],
  ['M4-3-6-abcdefghijklm', 'mainline', 'BitTorrent mainline', '4.3.6'],
  ['M4-3-abcdefghijklmno', 'unknown', null, null],
  ['Q1234----abcdefghijk', 'shadow', 'BTQueue', '1.2.3.4'],
  ['S-----------------ab', 'shadow', 'Shad0w', null],
  ['S-----abcdefghijklmn', 'unknown', null, null],
  ['SABC.z---abcdefghijk', 'shadow', 'Shad0w', '10.11.12.62.61'],
  ['xUTB\x01\x05abcdefghijklmn', 'bitcomet-old', 'BitComet (modified)', '1.05'],
  ['  RSabcdefghijklmnop', 'unknown', null, null],
] as const

test.each(CASES)('%j is %s: %s %s', (text, style, client, version) => {
  expect(decodePeerId(bytesOf(text))).toMatchObject({ style, client, version })
})

test('Shareaza ids are known by their check bytes', () => {
  const id = Uint8Array.from({ length: 20 }, (_, i) => 0xa0 + i)
  for (let i = 0; i < 4; i++) id[16 + i] = (0xa0 + i) ^ (0xaf - i)
  expect(decodePeerId(id)).toMatchObject({ style: 'shareaza', client: 'Shareaza', version: null })
  id[19] = 0
  expect(decodePeerId(id).style).toBe('unknown')
})

test.each([
  ['-qB4650-abcdefghijkl', 'qBittorrent 4.6.5'],
  ['-BF1234-abcdefghijkl', 'Bitflu'],
  ['-BD0300-abcdefghijkl', 'an unknown client with the code BD'],
  ['zzzzzzzzzzzzzzzzzzzz', 'an unknown client'],
])('%s in words: %s', (text, words) => {
  expect(describePeerId(decodePeerId(bytesOf(text)))).toBe(words)
})

test('text and code let nothing but printable ASCII through', () => {
  expect(decodePeerId(bytesOf('-\x1b\\0000-\n\x7f\xff"~ abcdef'))).toMatchObject({
    text: '-\\x1b\\x5c0000-\\x0a\\x7f\\xff"~ abcdef',
    code: '\\x1b\\x5c',
    client: null,
  })
})

describe('generatePeerId', () => {
  const random = Uint8Array.from({ length: 20 }, (_, i) => i)

  test('takes the prefix and as many random bytes as it leaves open', () => {
    const id = generatePeerId(PEER_ID_PREFIX, random)
    expect(decodePeerId(id)).toMatchObject({ client: 'peerwire', version: '0.1.0' })
    expect([...id.subarray(8)]).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('a prefix of 20 bytes needs no random byte; one of 21 is refused', () => {
    expect(generatePeerId('a'.repeat(20), new Uint8Array())).toHaveLength(20)
    expect(() => generatePeerId('a'.repeat(21), random)).toThrow(RangeError)
  })

  test('refuses one random byte too few', () => {
    expect(() => generatePeerId(PEER_ID_PREFIX, random.subarray(0, 11))).toThrow(RangeError)
  })
})

test('only 20 bytes are an id', () => {
  expect(() => decodePeerId(new Uint8Array(19))).toThrow(RangeError)
  expect(() => decodePeerId(new Uint8Array(21))).toThrow(RangeError)
})

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
