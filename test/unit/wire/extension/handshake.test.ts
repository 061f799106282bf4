import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromByteString, fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  MAX_EXTENSION_HANDSHAKE_LENGTH,
  MAX_EXTENSION_ISSUES,
  MAX_EXTENSION_NAME_LENGTH,
  MAX_EXTENSIONS,
  MAX_METADATA_LENGTH,
} from '../../../../src/base/limits.ts'
import { encodeBencode, type BencodeInput } from '../../../../src/wire/bencode.ts'
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  mergeExtensionHandshake,
  type ExtensionHandshake,
  type ExtensionHandshakeFields,
} from '../../../../src/wire/extension/handshake.ts'
import { extendedPayload, readVectors, type Vector } from '../../../support/wire/vectors.ts'

function decoded(payload: Uint8Array): ExtensionHandshake {
  const result = decodeExtensionHandshake(payload)
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

const fromMembers = (members: BencodeInput): ExtensionHandshake => decoded(encodeBencode(members))
const fromText = (text: string): ExtensionHandshake => decoded(fromByteString(text))
const names = (handshake: ExtensionHandshake): Record<string, number> =>
  Object.fromEntries(handshake.extensions)

/** The fields each published or computed vector stands for. */
const FIELDS: Record<string, ExtensionHandshakeFields> = {
  'ext handshake: empty m': { extensions: new Map() },
  'ext handshake: typical outgoing': {
    extensions: new Map(Object.entries({ ut_pex: 1, ut_metadata: 2, ut_holepunch: 4, lt_donthave: 7 })),
    metadataSize: 31_235,
    listenPort: 6881,
    reqq: 2000,
    client: 'peerwire 0.1',
    yourIp: '203.0.113.7',
  },
  'ext handshake: ipv6 + 16-byte yourip + upload_only': {
    extensions: new Map([['ut_pex', 1]]),
    ipv6: '2001:db8::7',
    uploadOnly: true,
    yourIp: '2001:db8::7',
  },
  'ext handshake: disable ut_pex at run time': { extensions: new Map([['ut_pex', 0]]) },
  'ext handshake: BEP 10 example with ut_pex spelled in ASCII': {
    extensions: new Map([
      ['LT_metadata', 1],
      ['ut_pex', 2],
    ]),
    listenPort: 6881,
    client: '\u00b5Torrent 1.2',
  },
  'ext handshake: BEP 10 disable sample exactly as printed': { unknown: new Map([['LT_metadata', 0]]) },
}

const VECTORS = readVectors('extended') as readonly Vector<{ payload?: string }, { bytes?: string }>[]

describe.each(VECTORS)('$name', ({ name, input, expected }) => {
  const payload = expected.bytes === undefined ? (input.payload ?? '') : extendedPayload(expected.bytes)
  const fields = FIELDS[name] ?? {}

  test('encodes', () => {
    expect(toHex(encodeExtensionHandshake(fields))).toBe(payload)
  })

  test('decodes', () => {
    const handshake = decoded(fromHex(payload))
    expect(handshake).toMatchObject(fields)
    expect(handshake.issues).toStrictEqual([])
  })
})

describe('a field of its own', () => {
  test.each<[string, BencodeInput, Partial<ExtensionHandshake>]>([
    ['upload_only', 0, { uploadOnly: false }],
    ['e', 1, { encryptionPreferred: true }],
    ['share_mode', 1, { shareMode: true }],
    ['complete_ago', -1, { completeAgo: -1 }],
    ['tr', Uint8Array.of(1, 2), { trackerListHash: Uint8Array.of(1, 2) }],
    ['ipv4', Uint8Array.of(192, 0, 2, 1), { ipv4: '192.0.2.1' }],
    ['yourip', fromHex('00000000000000000000ffffcb007107'), { yourIp: '203.0.113.7' }],
    ['p', 65_535, { listenPort: 65_535 }],
    ['reqq', 1, { reqq: 1 }],
    ['reqq', 4_294_967_295, { reqq: 4_294_967_295 }],
    ['metadata_size', 1, { metadataSize: 1 }],
    ['metadata_size', MAX_METADATA_LENGTH, { metadataSize: MAX_METADATA_LENGTH }],
    ['somebody_else', 5, { unknown: new Map([['somebody_else', 5]]) }],
  ])('%s', (key, value, fields) => {
    const handshake = fromMembers({ [key]: value })
    expect(handshake).toMatchObject(fields)
    expect(handshake.issues).toStrictEqual([])
    expect(handshake.raw.has(key)).toBe(true)
  })
})

describe('a wrong value leaves its own field out and is named', () => {
  const HUGE = 2n ** 63n
  test.each<[string, BencodeInput, string]>([
    ['m', [], 'wrong-type m: a list, expected a dictionary'],
    ['m', 3, 'wrong-type m: an integer, expected a dictionary'],
    ['m', 'x', 'wrong-type m: a string of 1 bytes, expected a dictionary'],
    ['v', 3, 'wrong-type v: an integer, expected a string'],
    ['v', Uint8Array.of(0xff), 'not-utf-8 v: 1 bytes'],
    ['p', 0, 'out-of-range p: 0, expected 1 to 65535'],
    ['p', 65_536, 'out-of-range p: 65536, expected 1 to 65535'],
    ['p', 2 ** 40, 'out-of-range p: 1099511627776, expected 1 to 65535'],
    ['p', '6881', 'wrong-type p: a string of 4 bytes, expected an integer'],
    ['reqq', -1, 'out-of-range reqq: -1, expected 1 to 4294967295'],
    ['reqq', 0, 'out-of-range reqq: 0, expected 1 to 4294967295'],
    ['reqq', 2 ** 32, 'out-of-range reqq: 4294967296, expected 1 to 4294967295'],
    ['metadata_size', 0, 'out-of-range metadata_size: 0, expected 1 to 33554432'],
    ['metadata_size', -1, 'out-of-range metadata_size: -1, expected 1 to 33554432'],
    [
      'metadata_size',
      MAX_METADATA_LENGTH + 1,
      'out-of-range metadata_size: 33554433, expected 1 to 33554432',
    ],
    ['metadata_size', HUGE, 'out-of-range metadata_size: 9223372036854775808, expected 1 to 33554432'],
    ['metadata_size', '31235', 'wrong-type metadata_size: a string of 5 bytes, expected an integer'],
    ['yourip', Uint8Array.of(1, 2, 3), 'wrong-length yourip: 3 bytes, expected 4 or 16: 010203'],
    ['ipv4', new Uint8Array(16), `wrong-length ipv4: 16 bytes, expected 4: ${'00'.repeat(16)}`],
    ['ipv6', new Uint8Array(4), 'wrong-length ipv6: 4 bytes, expected 16: 00000000'],
    ['upload_only', 'yes', 'wrong-type upload_only: a string of 3 bytes, expected an integer'],
    ['complete_ago', -2, 'out-of-range complete_ago: -2, expected -1 to 4294967295'],
    ['tr', 1, 'wrong-type tr: an integer, expected a string'],
  ])('%s %o', (key, value, issue) => {
    const handshake = fromMembers({ [key]: value })
    expect(handshake.issues.map(({ kind, key, detail }) => `${kind} ${key}: ${detail}`)).toStrictEqual([
      issue,
    ])
    const { extensions, unknown, raw, issues, clientBytes: _, ...fields } = handshake
    expect(fields).toStrictEqual({})
    expect([extensions.size, unknown.size, raw.size, issues.length]).toStrictEqual([0, 0, 1, 1])
  })
})

test('upload_only is read as clients read it, whatever its type', () => {
  const read = (value: BencodeInput) => {
    const { uploadOnly, issues } = fromMembers({ upload_only: value })
    return [uploadOnly, ...issues.map(({ kind }) => kind)]
  }
  expect(read('0')).toStrictEqual([false, 'wrong-type'])
  expect(read('1')).toStrictEqual([true, 'wrong-type'])
  expect(read('2')).toStrictEqual([undefined, 'wrong-type'])
  expect(read(2)).toStrictEqual([true, 'out-of-range'])
  expect(read(2n ** 64n)).toStrictEqual([true, 'out-of-range'])
})

describe('ids of m', () => {
  test('are never wrapped into a byte', () => {
    const handshake = fromMembers({
      m: { low: -1, zero: 0, top: 255, over: 256, text: '1', huge: 2n ** 64n },
    })
    expect(names(handshake)).toStrictEqual({ top: 255, zero: 0 })
    expect(handshake.issues.map(({ kind, key }) => `${kind} ${key}`)).toStrictEqual([
      'out-of-range m.huge',
      'out-of-range m.low',
      'out-of-range m.over',
      'wrong-type m.text',
    ])
  })

  test('two names with one id are both kept and reported; two zeros are fine', () => {
    const handshake = fromMembers({ m: { a: 1, b: 1, c: 0, d: 0 } })
    expect(names(handshake)).toStrictEqual({ a: 1, b: 1, c: 0, d: 0 })
    expect(handshake.issues.map(({ kind, key }) => `${kind} ${key}`)).toStrictEqual(['duplicate-id m.b'])
  })

  test('names are bounded in length and number', () => {
    const longest = 'x'.repeat(MAX_EXTENSION_NAME_LENGTH)
    const long = fromMembers({ m: { [longest]: 1, [`${longest}x`]: 2 } })
    expect([...long.extensions.keys()]).toStrictEqual([longest])
    expect(long.issues).toStrictEqual([
      { kind: 'too-long', key: `m.${longest}`, detail: 'a name of 65 bytes' },
    ])

    const many = (count: number) =>
      fromMembers({ m: Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, 0])) })
    expect(many(MAX_EXTENSIONS).issues).toStrictEqual([])
    expect(many(MAX_EXTENSIONS + 1).extensions.size).toBe(MAX_EXTENSIONS)
    expect(many(MAX_EXTENSIONS + 1).issues).toStrictEqual([
      { kind: 'too-many', key: 'm', detail: '513 names; 512 are kept' },
    ])
  })

  test('a flood of wrong ids gives a bounded list of issues', () => {
    const ids = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`x${i}`, 256]))
    expect(fromMembers({ m: ids }).issues).toHaveLength(MAX_EXTENSION_ISSUES)
  })
})

describe('the dictionary', () => {
  test.each([
    ['d1:pi1e1:e', 'ends inside'],
    ['', 'ends inside'],
    ['le', 'not a dictionary'],
    ['i1e', 'not a dictionary'],
    [`d1:v${'l'.repeat(25_000)}`, 'nested deeper'],
    ['d1:a'.repeat(25_000), 'nested deeper'],
    ['d1:v99999999999:xe', 'past the end'],
    ['d99999999999:xi1ee', 'past the end'],
    ['di1ei2ee', 'not a digit'],
  ])('%.20s is malformed', (text, reason) => {
    const result = decodeExtensionHandshake(fromByteString(text))
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string })
  })

  test('with too many keys is malformed', () => {
    const members = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x${i}`, 0]))
    expect(decodeExtensionHandshake(encodeBencode(members))).toMatchObject({ reason: 'too many values' })
  })

  test('is read up to a limit', () => {
    const sized = (length: number) => {
      const frame = encodeBencode({ v: new Uint8Array(1_000_000) }).length - 1_000_000
      return encodeBencode({ v: new Uint8Array(length - frame) })
    }
    expect(sized(MAX_EXTENSION_HANDSHAKE_LENGTH)).toHaveLength(MAX_EXTENSION_HANDSHAKE_LENGTH)
    expect(decodeExtensionHandshake(sized(MAX_EXTENSION_HANDSHAKE_LENGTH)).ok).toBe(true)
    expect(decodeExtensionHandshake(sized(MAX_EXTENSION_HANDSHAKE_LENGTH + 1))).toMatchObject({ ok: false })
  })

  test('with keys out of order or twice, or bytes behind it, is read and reported', () => {
    const handshake = fromText('d4:reqqi9e1:pi1e1:pi2eetail')
    expect(handshake).toMatchObject({ reqq: 9, listenPort: 1 })
    expect(handshake.issues.map(({ kind }) => kind)).toStrictEqual([
      'unsorted-keys',
      'duplicate-key',
      'trailing-bytes',
    ])
    expect(handshake.issues[2]?.detail).toBe('4 bytes after the dictionary')
  })

  test('a client text is kept as it was sent, terminal escapes and all', () => {
    const text = '\u001b[31m\u0000\u202eevil'
    expect(fromMembers({ v: text })).toMatchObject({
      client: text,
      clientBytes: encodeUtf8(text),
      issues: [],
    })
  })
})

describe('encoding refuses', () => {
  test.each<[string, ExtensionHandshakeFields]>([
    ['an id above 255', { extensions: new Map([['ut_pex', 256]]) }],
    ['a negative id', { extensions: new Map([['ut_pex', -1]]) }],
    ['a long name', { extensions: new Map([['x'.repeat(65), 1]]) }],
    ['a port above 65535', { listenPort: 65_536 }],
    ['a fraction', { reqq: 1.5 }],
    ['an IPv6 address as ipv4', { ipv4: '::1' }],
    ['a host name', { yourIp: 'localhost' }],
    ['absurd metadata', { metadataSize: MAX_METADATA_LENGTH + 1 }],
  ])('%s', (_, fields) => {
    expect(() => encodeExtensionHandshake(fields)).toThrow(RangeError)
  })
})

describe('a later handshake', () => {
  const first = fromMembers({ m: { ut_pex: 1, ut_metadata: 2 }, v: 'one', reqq: 5, metadata_size: 9, x: 1 })

  test('adds to m, disables with 0 and replaces what it names', () => {
    const merged = mergeExtensionHandshake(first, fromMembers({ m: { ut_pex: 0, lt_donthave: 7 }, reqq: 6 }))
    expect(names(merged)).toStrictEqual({ ut_pex: 0, ut_metadata: 2, lt_donthave: 7 })
    expect(merged).toMatchObject({ client: 'one', reqq: 6, metadataSize: 9, unknown: new Map() })
  })

  test('without m changes no extension', () => {
    expect(mergeExtensionHandshake(first, fromMembers({})).extensions).toStrictEqual(first.extensions)
  })

  test('with an unreadable value keeps the old one and reports it', () => {
    const merged = mergeExtensionHandshake(first, fromMembers({ metadata_size: -1 }))
    expect(merged).toMatchObject({
      metadataSize: 9,
      issues: [{ kind: 'out-of-range', key: 'metadata_size' }],
    })
  })

  test('with a v that is no UTF-8 takes the old text away', () => {
    const merged = mergeExtensionHandshake(first, fromMembers({ v: Uint8Array.of(0xff) }))
    expect(merged.clientBytes).toStrictEqual(Uint8Array.of(0xff))
    expect(merged).not.toHaveProperty('client')
  })

  test('a flood of new names stays bounded, and known names still change', () => {
    let merged = first
    for (let round = 0; round < 300; round++) {
      const ids = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`x${round}.${i}`, 256 * (i % 2)]))
      merged = mergeExtensionHandshake(merged, fromMembers({ m: ids }))
    }
    merged = mergeExtensionHandshake(merged, fromMembers({ m: { ut_pex: 9 } }))
    expect(merged.extensions.size).toBe(MAX_EXTENSIONS)
    expect(merged.extensions.get('ut_pex')).toBe(9)
    expect(merged.issues).toHaveLength(MAX_EXTENSION_ISSUES)
    expect(merged.raw.size).toBe(1)
  })
})
