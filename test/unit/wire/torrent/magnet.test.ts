import { describe, expect, test } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import {
  MAX_MAGNET_ADDRESSES,
  MAX_MAGNET_LENGTH,
  MAX_MAGNET_PARAMETERS,
  MAX_SELECTED_FILE,
} from '../../../../src/base/limits.ts'
import { handshakeHash } from '../../../../src/wire/torrent/info-hash.ts'
import { parseMagnet, parseTarget } from '../../../../src/wire/torrent/magnet.ts'
import fixture from '../../../fixtures/vectors/magnet.json' with { type: 'json' }

interface Expected {
  readonly info_hash_v1?: string
  readonly info_hash_v2?: string
  readonly handshake_hash?: string
  readonly dn?: string
  readonly xl?: number
  readonly trackers?: readonly string[]
  readonly peers?: readonly (readonly (string | number)[])[]
  readonly select?: readonly number[]
  readonly error?: string
}
interface Vector {
  readonly name: string
  readonly input: { readonly uri: string }
  readonly expected: Expected
}
const VECTORS: readonly Vector[] = fixture.vectors

const ACCEPTED = VECTORS.filter(({ expected }) => expected.error === undefined)
/** Three of the "reject" vectors reject a part of the link, not the link. */
const PARTLY = VECTORS.filter(({ expected }) => /keep the link|ignore/.test(expected.error ?? ''))
const REFUSED = VECTORS.filter((vector) => !ACCEPTED.includes(vector) && !PARTLY.includes(vector))

test('all 23 vectors are used', () => {
  expect([ACCEPTED.length, PARTLY.length, REFUSED.length]).toStrictEqual([11, 3, 9])
})

test.each(ACCEPTED)('vector: $name', ({ input, expected }) => {
  const link = parseMagnet(input.uri)
  const { v1, v2 } = link.infoHashes
  const got: Expected = {
    info_hash_v1: v1 && toHex(v1),
    info_hash_v2: v2 && toHex(v2),
    handshake_hash: toHex(handshakeHash(v1 ?? v2 ?? new Uint8Array())),
    dn: link.name,
    xl: link.length,
    trackers: link.trackers,
    peers: link.peers.map(({ host, port }) => [host, port]),
    select: link.selectedFiles,
  } as Expected
  expect(got).toMatchObject(expected)
})

test.each(PARTLY)('vector: $name', ({ input }) => {
  expect(parseMagnet(input.uri)).toMatchObject({ peers: [] })
  expect(parseMagnet(input.uri).selectedFiles ?? []).toStrictEqual([])
})

test.each(REFUSED)('vector: $name', ({ input }) => {
  expect(() => parseMagnet(input.uri)).toThrow(expect.objectContaining({ code: 'E_BAD_HASH' }))
})

const V1 = '0123456789abcdef0123456789abcdef01234567'
const LINK = `magnet:?xt=urn:btih:${V1}`

describe('what is tolerated', () => {
  test.each([
    ['upper case scheme, key and topic', `MAGNET:?XT=URN:BTIH:${V1}`],
    ['an encoded topic', `magnet:?xt=urn%3Abtih%3A${V1}`],
    ['another topic beside it', `magnet:?xt=urn:sha1:AAAA&xt=urn:btih:${V1}`],
    ['the same topic twice', `${LINK}&xt=urn:btih:${V1.toUpperCase()}`],
    ['a link copied out of HTML', `magnet:?dn=x&amp;xt=urn:btih:${V1}`],
    ['a fragment', `${LINK}#fragment`],
    ['empty parameters', `magnet:?&&=&xt&xt=urn:btih:${V1}&`],
  ])('%s', (_, uri) => {
    expect(toHex(parseMagnet(uri).infoHashes.v1 ?? new Uint8Array())).toBe(V1)
  })

  test.each([
    ['1.2.3.4:0'],
    ['1.2.3.4:65536'],
    [':6881'],
    ['[]:6881'],
    ['2001:db8::1:6881'],
    ['[zz]:6881'],
    ['a b:6881'],
    ['h%1bost:6881'],
    ['user@host:6881'],
    ['host:123456'],
    [`${'h'.repeat(254)}:6881`],
    ['h\u202eost:1'],
  ])('a peer %j is left out', (peer) => {
    expect(parseMagnet(`${LINK}&x.pe=${peer}&x.pe=good:1`).peers).toStrictEqual([{ host: 'good', port: 1 }])
  })

  test('the highest port and the longest name are peers', () => {
    const host = 'h'.repeat(253)
    expect(parseMagnet(`${LINK}&x.pe=${host}:65535`).peers).toStrictEqual([{ host, port: 65_535 }])
  })

  test('escapes that are none and bytes that are no UTF-8 stay readable', () => {
    expect(parseMagnet(`${LINK}&dn=100%25+%zz%ff`).name).toBe('100% %zz\ufffd')
    expect(parseMagnet(`${LINK}&dn=%c3%a9é`).name).toBe('éé')
  })

  test('a length that is not a number of bytes is ignored', () => {
    for (const xl of ['-1', '1e3', '', '9007199254740992']) {
      expect(parseMagnet(`${LINK}&xl=${xl}`).length).toBeUndefined()
    }
    expect(parseMagnet(`${LINK}&xl=9007199254740991`).length).toBe(Number.MAX_SAFE_INTEGER)
  })
})

describe('what is odd about a link', () => {
  const hash = 'ab'.repeat(32)

  test.each([
    ['before xt', `magnet:?dn=a#b&xt=urn:btih:${V1}`, 'a#b'],
    ['after xt', `${LINK}&dn=#1 hits`, '#1 hits'],
    ['in a key before xt', `magnet:?tr=http://t/#x&dn=c&xt=urn:btih:${V1}#end`, 'c'],
  ])('a bare # %s is text', (_, uri, name) => {
    const link = parseMagnet(uri)
    expect(toHex(link.infoHashes.v1 ?? new Uint8Array())).toBe(V1)
    expect(link.name).toBe(name)
  })

  test('peers that cannot be read are noted', () => {
    expect(parseMagnet(`${LINK}&x.pe=nope&x.pe=h:1&x.pe=:2`).notes).toStrictEqual([
      { id: 'unreadable-peer', text: expect.any(String), count: 2, offset: undefined },
    ])
    expect(parseMagnet(`${LINK}&x.pe=h:1`).notes).toStrictEqual([])
  })

  test('64 digits after urn:btih: are a v2 hash', () => {
    const link = parseMagnet(`magnet:?xt=urn:btih:${hash}`)
    expect(link.infoHashes).toStrictEqual({ v1: undefined, v2: new Uint8Array(32).fill(0xab) })
    expect(link.notes).toMatchObject([{ id: 'v2-hash-in-btih', count: 1 }])
    const both = parseMagnet(`${LINK}&xt=urn:btih:${hash}&xt=urn:btmh:1220${hash}`)
    expect(both.infoHashes).toMatchObject({ v1: expect.any(Uint8Array), v2: expect.any(Uint8Array) })
    expect(() => parseMagnet(`magnet:?xt=urn:btih:${hash}&xt=urn:btmh:1220${'00'.repeat(32)}`)).toThrow(
      'two different v2 hashes',
    )
    expect(() => parseMagnet(`magnet:?xt=urn:btih:${'z'.repeat(64)}`)).toThrow(
      'has 64 characters, not 32 or 40',
    )
  })
})

describe('bounds', () => {
  test('a link of the greatest length is read, one character more is refused', () => {
    const uri = LINK.padEnd(MAX_MAGNET_LENGTH, '&')
    expect(parseMagnet(uri).peers).toStrictEqual([])
    expect(() => parseMagnet(`${uri}&`)).toThrow('more than 65536')
  })

  test('the first addresses of each kind are kept', () => {
    const many = Array.from(
      { length: MAX_MAGNET_ADDRESSES + 1 },
      (_, i) => `&x.pe=h:${i + 1}&tr=t&ws=w`,
    ).join('')
    const { peers, trackers, webSeeds } = parseMagnet(LINK + many)
    expect([peers.length, trackers.length, webSeeds.length]).toStrictEqual([100, 100, 100])
    expect(peers.at(-1)?.port).toBe(100)
  })

  test('the topic is found as the last parameter looked at, and not after it', () => {
    const before = '&'.repeat(MAX_MAGNET_PARAMETERS - 1)
    expect(parseMagnet(`magnet:?${before}xt=urn:btih:${V1}`).infoHashes.v1).toBeDefined()
    expect(() => parseMagnet(`magnet:?&${before}xt=urn:btih:${V1}`)).toThrow('no xt')
  })

  test('selected files end at the highest index', () => {
    expect(
      parseMagnet(`${LINK}&so=${MAX_SELECTED_FILE},${MAX_SELECTED_FILE + 1}`).selectedFiles,
    ).toStrictEqual([MAX_SELECTED_FILE])
    expect(parseMagnet(`${LINK}&so=0-999999,7,1-,-1,x,7-7,3-2`).selectedFiles).toStrictEqual([7])
    expect(parseMagnet(`${LINK}&so=${'0-10000,'.repeat(1000)}`).selectedFiles).toHaveLength(
      MAX_SELECTED_FILE + 1,
    )
  })
})

test('two different torrents in one link are refused', () => {
  expect(() => parseMagnet(`${LINK}&xt=urn:btih:${'0'.repeat(40)}`)).toThrow('two different v1 hashes')
})

test('a target is a hash or a link', () => {
  expect(parseTarget(` ${LINK}&x.pe=h:1 `).peers).toHaveLength(1)
  expect(parseTarget(V1)).toStrictEqual(parseMagnet(LINK))
  expect(() => parseTarget('http://example.com/')).toThrow('has 19 characters')
})
