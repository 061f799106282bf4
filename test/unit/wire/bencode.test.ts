import { describe, expect, test } from 'vitest'
import { fromHex, toByteString, toHex } from '../../../src/base/bytes.ts'
import { MAX_BENCODE_DEPTH, MAX_BENCODE_ITEMS } from '../../../src/base/limits.ts'
import {
  type BencodeValue,
  decodeBencode,
  decodeBencodeDictionary,
  decodeBencodeMembers,
  encodeBencode,
} from '../../../src/wire/bencode.ts'
import fixture from '../../fixtures/vectors/bencode.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly input: { readonly bytes?: string; readonly bytes_ascii?: string }
  readonly expected: {
    readonly value?: unknown
    readonly error?: string
    readonly consumed?: number
    readonly rest?: string
  }
}
const VECTORS = fixture.vectors as unknown as readonly Vector[]

/** The decoder reads these and names them; whoever has to be strict refuses on `issues`. */
const ISSUES: Readonly<Record<string, string>> = {
  'unsorted keys (strict decoders only)': 'unsorted-keys',
  'duplicate key (strict decoders only)': 'duplicate-key',
}

test('all 30 vectors are here', () => {
  expect(VECTORS).toHaveLength(30)
})

test.each(VECTORS)('vector: $name', ({ input, expected }) => {
  const bytes = input.bytes === undefined ? ascii(input.bytes_ascii ?? '') : fromHex(input.bytes)
  const result = decodeBencode(bytes)
  const { error = '', consumed = bytes.length } = expected
  const issue = ISSUES[error]
  if (error !== '' && issue === undefined) return expect(result.ok).toBe(false)
  if (!result.ok) return expect.fail(result.reason)
  expect(result.issues).toStrictEqual(issue === undefined ? [] : [issue])
  expect(result.length).toBe(consumed)
  if (expected.rest !== undefined) expect(toHex(bytes.subarray(consumed))).toBe(expected.rest)
  if (expected.value !== undefined) {
    expect(plain(result.value)).toStrictEqual(expected.value)
    expect(encodeBencode(result.value)).toStrictEqual(bytes)
  }
  return undefined
})

describe('hostile input ends in a reason and a place', () => {
  test.each([
    ['H1 25 000 lists', 'l'.repeat(25_000), 'nested deeper than 32', 32],
    ['H1 dictionaries in dictionaries', 'd1:a'.repeat(25_000), 'nested deeper than 32', 128],
    ['H1 closed lists', 'l'.repeat(150_000) + 'e'.repeat(150_000), 'nested deeper than 32', 32],
    ['H2 a string of 99 GB', '99999999999:', 'string runs past the end', 0],
    ['H3 a key of 99 GB', 'd99999999999:', 'string runs past the end', 1],
    ['H4 2^31 + 4', '2147483652:abcd', 'string runs past the end', 0],
    ['H4 2^32 + 4', '4294967300:abcd', 'string runs past the end', 0],
    ['H4 2^64 + 4', '18446744073709551620:abcd', 'string runs past the end', 0],
    ['H5 negative length', '-5:abcde', 'not a digit', 0],
    ['H5 leading zero', '01:a', 'leading zero', 0],
    ['H5 no length', ':', 'number without digits', 0],
    ['H5 space', '1 :a', 'not a digit', 1],
    ['H6 i', 'i', 'ends inside a number', 1],
    ['H6 i1', 'i1', 'ends inside a number', 2],
    ['H6 i-', 'i-', 'ends inside a number', 2],
    ['H6 i-e', 'i-e', 'number without digits', 2],
    ['H6 a length alone', '12', 'ends inside a number', 2],
    ['H7 short string', '5:ab', 'string runs past the end', 0],
    ['H8 a number as key', 'di1ei2ee', 'not a digit', 1],
    ['H11 a slash', ';/\x7f', 'not a digit', 0],
    ['H11 inside a list', 'l;/\x7fe', 'not a digit', 1],
    ['a number of 41 digits', `i${'9'.repeat(41)}e`, 'number too long', 1],
  ])('%s', (_, text, reason, offset) => {
    expect(decodeBencode(ascii(text))).toStrictEqual({ ok: false, reason, offset })
    expect(decodeBencodeMembers(ascii(text))).toStrictEqual({ ok: false, reason, offset })
  })

  test('H7 what follows the value is left to the caller', () => {
    expect(decodeBencode(ascii('i42eJUNK'))).toMatchObject({ ok: true, value: 42, length: 4 })
  })

  test('H8 100 000 keys are too many, unless the caller takes them', () => {
    const text = `d${Array.from({ length: 100_000 }, (_, i) => `6:${100_000 + i}0:`).join('')}e`
    expect(decodeBencode(ascii(text))).toMatchObject({ ok: false, reason: 'too many values' })
    expect(decodeBencode(ascii(text), { maxItems: 200_001 }).ok).toBe(true)
    expect(decodeBencode(ascii(text), { maxItems: 200_000 }).ok).toBe(false)
  })

  test('H9 a root that is no dictionary', () => {
    expect(decodeBencodeDictionary(ascii('le'))).toStrictEqual({
      ok: false,
      reason: 'not a dictionary',
      offset: 0,
    })
    expect(decodeBencodeMembers(ascii('i1e'))).toStrictEqual({
      ok: false,
      reason: 'not a dictionary',
      offset: 0,
    })
  })

  test('H10 strings are bytes, whatever they hold', () => {
    const noise = '\xff\xfe\0\x1b[31m\u00e2\u0080\u00ae'
    expect(decodeBencode(ascii(`${noise.length}:${noise}`))).toMatchObject({ ok: true, value: ascii(noise) })
  })
})

test('limits: the greatest depth and count pass, one more does not', () => {
  const nested = (depth: number): Uint8Array => ascii('l'.repeat(depth) + 'e'.repeat(depth))
  expect(decodeBencode(nested(MAX_BENCODE_DEPTH)).ok).toBe(true)
  expect(decodeBencode(nested(MAX_BENCODE_DEPTH + 1)).ok).toBe(false)
  const list = (count: number): Uint8Array => ascii(`l${'0:'.repeat(count)}e`)
  expect(decodeBencode(list(MAX_BENCODE_ITEMS - 1)).ok).toBe(true)
  expect(decodeBencode(list(MAX_BENCODE_ITEMS)).ok).toBe(false)
})

test('integers keep every digit', () => {
  const values = ['9007199254740991', '9007199254740992', '-9007199254740992', '9'.repeat(40)]
  const read = values.map((text) => decodeBencode(ascii(`i${text}e`)))
  expect(read.map((result) => result.ok && result.value)).toStrictEqual([
    Number.MAX_SAFE_INTEGER,
    9007199254740992n,
    -9007199254740992n,
    BigInt('9'.repeat(40)),
  ])
})

describe('decodeBencodeMembers', () => {
  test('gives the raw bytes of each top-level member, and only of those', () => {
    const bytes = ascii('d1:ad1:xi1ee1:bl1:aee').subarray(0)
    const result = decodeBencodeMembers(bytes)
    if (!result.ok) return expect.fail(result.reason)
    expect([...result.slices].map(([key, slice]) => [key, toByteString(slice)])).toStrictEqual([
      ['a', 'd1:xi1ee'],
      ['b', 'l1:ae'],
    ])
    return expect(result.slices.get('a')?.buffer).toBe(bytes.buffer)
  })

  test('of two members with one name the first is the value and the slice, and its twin has the offset', () => {
    const result = decodeBencodeMembers(ascii('d1:ai1e1:ai22ee'))
    if (!result.ok) return expect.fail(result.reason)
    expect(result).toMatchObject({ issues: ['duplicate-key'], issueOffset: 7 })
    expect(result.value.get('a')).toBe(1)
    return expect(toByteString(result.slices.get('a') ?? new Uint8Array())).toBe('i1e')
  })
})

test('keys are written in byte order, whatever order UTF-16 has', () => {
  expect(toHex(encodeBencode({ '\u{1f600}': 1, '\uffee': 2, a: undefined }))).toBe(
    toHex(ascii('d3:\xef\xbf\xaei2e4:\xf0\x9f\x98\x80i1ee')),
  )
})

test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%d cannot be written', (value) => {
  expect(() => encodeBencode([value])).toThrow(RangeError)
})

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

test('a dictionary of more members than a call takes arguments is written', () => {
  const members = new Map(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i] as const))
  expect(decodeBencode(encodeBencode(members), { maxItems: 400_001 })).toMatchObject({ ok: true })
})

function plain(value: BencodeValue): unknown {
  if (value instanceof Uint8Array) return toByteString(value)
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, BencodeValue>)]
    return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]))
  }
  return Array.isArray(value) ? (value as readonly BencodeValue[]).map(plain) : value
}
