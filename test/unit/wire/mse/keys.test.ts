import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  bigintDiffieHellman,
  createMseCipher,
  decodeCryptoMethods,
  deriveKeys,
  encodeCryptoMethods,
  indexTorrents,
  isAcceptablePublicKey,
  maskTorrentHash,
  MSE_GENERATOR,
  MSE_PRIME,
  padPublicKey,
  PUBLIC_KEY_LENGTH,
  secretHash,
  torrentHash,
} from '../../../../src/wire/mse/keys.ts'
import { mseVector, mseVectors } from '../../../support/mse/mse-vectors.ts'

test('the group', () => {
  const { expected } = mseVector('DH group')
  expect(MSE_PRIME).toBe(expected.P)
  expect(MSE_GENERATOR).toBe(expected.G)
  expect(PUBLIC_KEY_LENGTH).toBe(expected.bytes)
})

describe('key derivation', () => {
  const { input, expected } = mseVector('key derivation')
  const secret = fromHex(String(expected.S))
  const infoHash = fromHex(String(input.info_hash))
  const keys = deriveKeys(secret, infoHash)

  test('public keys and secret, from both sides', () => {
    const [xa, xb] = [fromHex(String(input.Xa)), fromHex(String(input.Xb))]
    const [ya, yb] = [bigintDiffieHellman.publicKey(xa), bigintDiffieHellman.publicKey(xb)]
    expect([toHex(ya), toHex(yb)]).toStrictEqual([expected.Ya, expected.Yb])
    expect(toHex(bigintDiffieHellman.sharedSecret(xa, yb))).toBe(expected.S)
    expect(toHex(bigintDiffieHellman.sharedSecret(xb, ya))).toBe(expected.S)
  })

  test('hashes', () => {
    expect(toHex(secretHash(secret))).toBe(expected.hash_req1_S)
    expect(toHex(torrentHash(infoHash))).toBe(expected.hash_req2_SKEY)
    expect(toHex(maskTorrentHash(new Uint8Array(20), secret))).toBe(expected.hash_req3_S)
    expect(toHex(maskTorrentHash(torrentHash(infoHash), secret))).toBe(expected.req2_xor_req3)
  })

  test('keys and keystreams', () => {
    expect(toHex(keys.initiatorToResponder)).toBe(expected.keyA)
    expect(toHex(keys.responderToInitiator)).toBe(expected.keyB)
    const stream = (key: Uint8Array): string => toHex(createMseCipher(key).apply(new Uint8Array(32)))
    expect(stream(keys.initiatorToResponder)).toBe(expected.keystream_A_after_1024)
    expect(stream(keys.responderToInitiator)).toBe(expected.keystream_B_after_1024)
  })
})

test('a public key with a leading zero byte keeps its 96 bytes', () => {
  const { input, expected } = mseVector('public key with a leading zero byte')
  expect(toHex(bigintDiffieHellman.publicKey(fromHex(String(input.Xa))))).toBe(expected.Ya)
})

test('a shared secret with a leading zero byte is hashed with it', () => {
  const { input, expected } = mseVector('shared secret with a leading zero byte')
  const secret = bigintDiffieHellman.sharedSecret(fromHex(String(input.Xa)), fromHex(String(input.Yb)))
  const keys = deriveKeys(secret, fromHex(String(input.info_hash)))
  expect(toHex(secret)).toBe(expected.S)
  expect(toHex(secretHash(secret))).toBe(expected.hash_req1_S)
  expect(toHex(keys.initiatorToResponder)).toBe(expected.keyA)
  expect(toHex(keys.responderToInitiator)).toBe(expected.keyB)
})

describe('acceptable public keys', () => {
  const prime = BigInt(`0x${MSE_PRIME}`)
  const key = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(192, '0'))

  test.each(mseVectors.filter(({ name }) => name.startsWith('DH public key to refuse')))(
    '$name',
    ({ input }) => {
      expect(isAcceptablePublicKey(fromHex(String(input.Y)))).toBe(false)
    },
  )

  test('all ones and short ones are refused', () => {
    expect(isAcceptablePublicKey(new Uint8Array(96).fill(255))).toBe(false)
    expect(isAcceptablePublicKey(new Uint8Array(95).fill(7))).toBe(false)
  })

  test.each([2n, 3n, prime - 2n])('%s is taken', (value) => {
    expect(isAcceptablePublicKey(key(value))).toBe(true)
  })
})

test('a v2 info hash is cut to 20 bytes', () => {
  const { input, expected } = mseVector('v2 torrent SKEY is the truncated hash')
  const infoHash = fromHex(String(input.info_hash_v2))
  expect(toHex(torrentHash(infoHash))).toBe(expected.hash_req2_SKEY)
  expect(deriveKeys(infoHash, infoHash)).toStrictEqual(deriveKeys(infoHash, infoHash.subarray(0, 20)))
  expect(indexTorrents([new Uint8Array(20), infoHash])(torrentHash(infoHash.subarray(0, 20)))).toBe(infoHash)
  expect(indexTorrents([infoHash])(torrentHash(new Uint8Array(20)))).toBeUndefined()
})

test.each([
  { bits: 0, methods: [], known: 0 },
  { bits: 1, methods: ['plaintext'], known: 1 },
  { bits: 2, methods: ['rc4'], known: 2 },
  { bits: 3, methods: ['plaintext', 'rc4'], known: 3 },
  { bits: 0x8000_0005, methods: ['plaintext'], known: 1 },
  { bits: 0xffff_fffc, methods: [], known: 0 },
])('crypto_provide $bits is $methods', ({ bits, methods, known }) => {
  expect(decodeCryptoMethods(bits)).toStrictEqual(methods)
  expect(encodeCryptoMethods(decodeCryptoMethods(bits))).toBe(known)
})

test('keys that a native key exchange has shortened get their zeros back', () => {
  expect(padPublicKey(Uint8Array.of(1, 2)).subarray(93)).toStrictEqual(Uint8Array.of(0, 1, 2))
  expect(padPublicKey(new Uint8Array(95)).length).toBe(96)
  const whole = new Uint8Array(96)
  expect(padPublicKey(whole)).toBe(whole)
})
