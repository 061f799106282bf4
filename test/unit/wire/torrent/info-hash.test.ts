import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { PeerError } from '../../../../src/base/errors.ts'
import { handshakeHash, parseInfoHash } from '../../../../src/wire/torrent/info-hash.ts'

const V1 = '0123456789abcdef0123456789abcdef01234567'
const V2 = '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f'

const GOOD = [
  ['40 hex', V1, V1, undefined],
  ['40 hex, upper case', V1.toUpperCase(), V1, undefined],
  ['white space around', `\t${V1}\n`, V1, undefined],
  ['base32', 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH', V1, undefined],
  ['base32, lower case', 'aerukz4jvpg66ajdivtytk6n54asgrlh', V1, undefined],
  ['base32 of zeros', 'A'.repeat(32), '0'.repeat(40), undefined],
  ['base32 of ones', '7'.repeat(32), 'f'.repeat(40), undefined],
  ['64 hex', V2, undefined, V2],
  ['multihash', `1220${V2}`, undefined, V2],
] as const

test.each(GOOD)('%s', (_, text, v1, v2) => {
  const hashes = parseInfoHash(text)
  expect(hashes.v1 && toHex(hashes.v1)).toBe(v1)
  expect(hashes.v2 && toHex(hashes.v2)).toBe(v2)
})

const BAD = [
  ['', 'the info hash is empty'],
  ['a', 'has 1 hex digit, not 40'],
  [V1.slice(1), 'has 39 hex digits, not 40, 64 or 68'],
  [`${V1}0`, 'has 41 hex digits'],
  [V2.slice(1), 'has 63 hex digits'],
  [`${V2}0`, 'has 65 hex digits'],
  ['hello', 'has 5 characters'],
  [`${V1.slice(0, 39)}g`, 'character 40 of the info hash, "g", is not a hex digit'],
  [`\u202e${V1.slice(1)}`, 'character 1 of the info hash, U+202E, is not a hex digit'],
  [`${V1.slice(0, 20)} ${V1.slice(21)}`, 'character 21 of the info hash, U+0020'],
  ['1'.repeat(32), 'character 1 of the info hash, "1", is not a base32 character'],
  ['A'.repeat(31), 'has 31 hex digits'],
  [`1120${V2}`, 'begins with 1120, not with 1220'],
  [`1214${V2}`, 'begins with 1214, not with 1220'],
] as const

test.each(BAD)('refuses %j', (text, message) => {
  expect(() => parseInfoHash(text)).toThrow(PeerError)
  expect(() => parseInfoHash(text)).toThrow(message)
  expect(() => parseInfoHash(text)).toThrow(
    expect.objectContaining({
      code: 'E_BAD_HASH',
      hint: expect.stringContaining('40 hex or 32 base32') as unknown,
    }),
  )
})

describe('handshakeHash', () => {
  test('is a v1 hash as it is and the start of a v2 hash', () => {
    expect(toHex(handshakeHash(fromHex(V1)))).toBe(V1)
    expect(toHex(handshakeHash(fromHex(V2)))).toBe(V2.slice(0, 40))
  })

  test.each([0, 19, 21, 31, 33])('refuses %i bytes', (length) => {
    expect(() => handshakeHash(new Uint8Array(length))).toThrow(RangeError)
  })
})
