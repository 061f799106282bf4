import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { RC4_DISCARD_LENGTH, Rc4 } from '../../../../src/wire/mse/rc4.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

type Fields = Readonly<Record<string, string>>

const [rfc, sample] = readVectors('rc4') as readonly Vector<Fields, Fields>[]
const KEY = fromHex('0102030405')
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('RFC 6229', () => {
  test.each(Object.entries(rfc?.expected ?? {}))('%s', (name, expected) => {
    const cipher = new Rc4(fromHex(rfc?.input.key ?? ''), Number(name.replace('offset_', '')))
    expect(toHex(cipher.apply(new Uint8Array(16)))).toBe(expected)
  })
})

test('the common sample', () => {
  const cipher = new Rc4(ascii(sample?.input.key_ascii ?? ''))
  expect(toHex(cipher.apply(ascii(sample?.input.data_ascii ?? '')))).toBe(sample?.expected.bytes)
})

test('discarding is the same as using the keystream up', () => {
  const used = new Rc4(KEY)
  used.apply(new Uint8Array(RC4_DISCARD_LENGTH))
  const discarded = new Rc4(KEY, RC4_DISCARD_LENGTH)
  expect(discarded.apply(new Uint8Array(99))).toStrictEqual(used.apply(new Uint8Array(99)))
})

// eight bytes are taken a turn, and the rest one by one
test('every length in place is the plain loop', () => {
  for (let length = 0; length <= 600; length++) {
    const memory = new Uint8Array(length + 16).fill(0x77)
    const bytes = memory.subarray(8, 8 + length)
    const cipher = new Rc4(KEY)
    const plain = plainRc4(KEY)
    const expected = bytes.map((byte) => byte ^ plain())
    expect(cipher.applyInPlace(bytes)).toBe(bytes)
    expect(bytes).toStrictEqual(expected)
    // neither a byte beside it nor the state afterwards is off
    expect(memory.subarray(0, 8).every((byte) => byte === 0x77)).toBe(true)
    expect(memory.subarray(8 + length).every((byte) => byte === 0x77)).toBe(true)
    expect(cipher.apply(new Uint8Array(1))[0]).toBe(plain())
  }
})

test('ciphers that take turns do not disturb each other', () => {
  const keys = [KEY, fromHex('ff'), fromHex('0102030405060708')]
  const ciphers = keys.map((key) => new Rc4(key))
  const plain = keys.map(plainRc4)
  for (let length = 0; length < 40; length++)
    for (const [index, cipher] of ciphers.entries()) {
      const expected = Uint8Array.from({ length }, () => plain[index]?.() ?? 0)
      expect(cipher.apply(new Uint8Array(length))).toStrictEqual(expected)
    }
})

test('a copy leaves the input alone, also a Buffer', () => {
  const input = Buffer.alloc(100, 1)
  const output = new Rc4(KEY).apply(input)
  expect(input.equals(Buffer.alloc(100, 1))).toBe(true)
  expect(new Rc4(KEY).apply(output)).toStrictEqual(new Uint8Array(100).fill(1))
})

test.each([0, 257])('a key of %i bytes is refused', (length) => {
  expect(() => new Rc4(new Uint8Array(length))).toThrow(RangeError)
})

test.each([1, 256])('a key of %i bytes is taken', (length) => {
  expect(() => new Rc4(new Uint8Array(length))).not.toThrow()
})

function plainRc4(key: Uint8Array): () => number {
  const state = Array.from({ length: 256 }, (_, i) => i)
  const at = (i: number): number => state[i & 255] ?? 0
  let i = 0
  let j = 0
  const swap = (a: number, b: number): void => {
    const held = at(a)
    state[a & 255] = at(b)
    state[b & 255] = held
  }
  for (let k = 0; k < 256; k++) {
    j += at(k) + (key[k % key.length] ?? 0)
    swap(k, j)
  }
  j = 0
  return () => {
    i += 1
    j += at(i)
    swap(i, j)
    return at(at(i) + at(j))
  }
}
