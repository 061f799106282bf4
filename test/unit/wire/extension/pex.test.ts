import { describe, expect, test } from 'vitest'
import { concat, fromByteString, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { MAX_EXTENSION_ISSUES, MAX_PEX_PEERS } from '../../../../src/base/limits.ts'
import { encodePeerAddress, parseIpAddress } from '../../../../src/wire/address.ts'
import { encodeBencode, type BencodeInput } from '../../../../src/wire/bencode.ts'
import {
  decodePexMessage,
  encodePexMessage,
  pexFlagNames,
  type PexMessage,
} from '../../../../src/wire/extension/pex.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

interface Expected {
  readonly payload?: string
  readonly names?: readonly string[]
}
const VECTORS = readVectors('ut-pex') as readonly Vector<{ flags?: number; payload?: string }, Expected>[]

function decoded(payload: Uint8Array): PexMessage {
  const result = decodePexMessage(payload)
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

const issues = (members: BencodeInput): readonly string[] =>
  decoded(encodeBencode(members)).issues.map(({ kind, key, detail }) => `${kind} ${key}: ${detail}`)

/** `count` distinct public addresses. */
const peers = (count: number): Uint8Array =>
  concat(
    Array.from({ length: count }, (_, i) =>
      encodePeerAddress({ address: `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 6881 }),
    ),
  )
const at = (address: string, port: number): Uint8Array => encodePeerAddress({ address, port })

const SAMPLE: PexMessage = {
  added: [
    { address: '203.0.113.5', port: 6881, flags: ['reachable'] },
    { address: '198.51.100.9', port: 51_413, flags: ['seed', 'utp'] },
  ],
  added6: [{ address: '2001:db8::1', port: 6881, flags: ['prefers-encryption'] }],
  dropped: [{ address: '192.0.2.77', port: 6889 }],
  dropped6: [],
  issues: [],
}

test('the sample of all lists', () => {
  const wire = VECTORS[0]?.expected.payload ?? ''
  expect(decoded(fromHex(wire))).toStrictEqual(SAMPLE)
  // the vector has an empty dropped6, which is left out here
  expect(decoded(encodePexMessage(SAMPLE))).toStrictEqual(SAMPLE)
  expect(toHex(encodePexMessage(SAMPLE))).toBe(`${wire.slice(0, -'383a64726f7070656436303a65'.length)}65`)
})

test('the smallest message', () => {
  const nothing = { added: [], added6: [], dropped: [], dropped6: [] }
  expect(encodePexMessage(nothing)).toStrictEqual(fromByteString('d5:added0:e'))
  expect(decoded(fromByteString('d5:added0:e'))).toStrictEqual({ ...nothing, issues: [] })
})

test.each(VECTORS.filter(({ input }) => input.flags !== undefined))('$name', ({ input, expected }) => {
  const names = expected.names?.map((name) => name.replace('_', '-'))
  expect(pexFlagNames(input.flags ?? 0)).toStrictEqual(names)
})

const DEFECTS: Record<string, readonly string[]> = {
  'ut_pex odd: added length 7': [
    'wrong-length added: 7 bytes, expected a multiple of 6',
    'flags-length added.f: no flags for 1 peers',
  ],
  'ut_pex odd: added6 length 17': ['wrong-length added6: 17 bytes, expected a multiple of 18'],
  'ut_pex odd: added.f shorter than added': [
    'duplicate added: 203.0.113.5:1',
    'flags-length added.f: 1 flag bytes for 2 peers',
  ],
  'ut_pex odd: no field at all': ['empty : none of added, added6, dropped, dropped6'],
}

test.each(VECTORS.filter(({ name }) => name.startsWith('ut_pex odd')))('$name', ({ name, input }) => {
  const result = decoded(fromHex(input.payload ?? ''))
  const found = result.issues.map(({ kind, key, detail }) => `${kind} ${key}: ${detail}`)
  expect(found).toStrictEqual(DEFECTS[name])
})

describe('what is wrong is named', () => {
  test.each<[string, BencodeInput, readonly string[]]>([
    ['added is a list', { added: [] }, ['wrong-type added: expected a string']],
    ['added.f is an integer', { added: '', 'added.f': 1 }, ['wrong-type added.f: expected a string']],
    [
      'length 7',
      { added: new Uint8Array(7), 'added.f': '' },
      [
        'wrong-length added: 7 bytes, expected a multiple of 6',
        'flags-length added.f: 0 flag bytes for 1 peers',
      ],
    ],
    ['length 5', { dropped: new Uint8Array(5) }, ['wrong-length dropped: 5 bytes, expected a multiple of 6']],
    [
      'length 6 of IPv6',
      { dropped6: new Uint8Array(6) },
      ['wrong-length dropped6: 6 bytes, expected a multiple of 18'],
    ],
    ['no flags', { added: peers(1) }, ['flags-length added.f: no flags for 1 peers']],
    [
      'too many flags',
      { added: peers(1), 'added.f': Uint8Array.of(1, 2) },
      ['flags-length added.f: 2 flag bytes for 1 peers'],
    ],
    ['flags for nobody', { dropped: '', 'added.f': 'x' }, ['flags-length added.f: 1 flag bytes for 0 peers']],
    ['reserved flags', { added: peers(1), 'added.f': Uint8Array.of(0xe1) }, ['reserved-flags added.f: 0xe1']],
    ['port 0', { dropped: at('203.0.113.1', 0) }, ['port-zero dropped: 203.0.113.1:0']],
    ['loopback', { dropped: at('127.0.0.1', 1) }, ['special-address dropped: loopback: 127.0.0.1:1']],
    ['multicast', { dropped6: at('ff02::1', 1) }, ['special-address dropped6: multicast: [ff02::1]:1']],
    [
      'mapped',
      { dropped6: at('::ffff:10.0.0.1', 1) },
      ['special-address dropped6: private: [::ffff:10.0.0.1]:1'],
    ],
    ['twice', { dropped: concat([peers(1), peers(1)]) }, ['duplicate dropped: 203.0.0.0:6881']],
    [
      'in and out',
      { added: peers(1), 'added.f': Uint8Array.of(0), dropped: peers(1) },
      ['added-and-dropped dropped: 203.0.0.0:6881'],
    ],
    ['50 dropped', { dropped: peers(50) }, []],
    ['51 dropped', { dropped: peers(51) }, ['over-50 dropped: 51 peers of both families, at most 50']],
    [
      '51 of both families',
      { dropped: peers(50), dropped6: at('2001:db8::1', 1) },
      ['over-50 dropped: 51 peers of both families, at most 50'],
    ],
  ])('%s', (_, members, expected) => {
    expect(issues(members)).toStrictEqual(expected)
  })

  test('keys out of order, twice, and bytes behind', () => {
    const found = decoded(fromByteString('d7:dropped0:5:added0:5:added0:ex')).issues
    expect(found.map(({ kind }) => kind)).toStrictEqual(['unsorted-keys', 'duplicate-key', 'trailing-bytes'])
  })
})

test('a flood is read up to a limit', () => {
  const read = (count: number) => decoded(encodeBencode({ dropped: peers(count) }))
  const kinds = (count: number) => read(count).issues.map(({ kind }) => kind)
  expect(kinds(MAX_PEX_PEERS)).toStrictEqual(['over-50'])
  expect(kinds(MAX_PEX_PEERS + 1)).toStrictEqual(['too-many', 'over-50'])
  expect(read(100_000).dropped).toHaveLength(MAX_PEX_PEERS)
  expect(decoded(encodeBencode({ dropped: new Uint8Array(600_000) })).issues).toHaveLength(
    MAX_EXTENSION_ISSUES,
  )
})

test.each(['', 'le', 'i1e', 'd5:added99999999999:e', 'l'.repeat(25_000)])('%.20j is malformed', (text) => {
  expect(decodePexMessage(fromByteString(text)).ok).toBe(false)
})

test('an address of the other family cannot be encoded', () => {
  expect(parseIpAddress('::1')).toHaveLength(16)
  const wrong = { ...SAMPLE, dropped: [{ address: '::1', port: 1 }] }
  expect(() => encodePexMessage(wrong)).toThrow(RangeError)
})
