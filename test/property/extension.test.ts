import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { MAX_EXTENSION_ISSUES } from '../../src/base/limits.ts'
import { parseIpAddress, renderIpAddress } from '../../src/wire/address.ts'
import { encodeBencode, type BencodeInput } from '../../src/wire/bencode.ts'
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  type ExtensionHandshakeFields,
} from '../../src/wire/extension/handshake.ts'
import { decodeHolepunchMessage, encodeHolepunchMessage } from '../../src/wire/extension/holepunch.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../src/wire/extension/metadata.ts'
import { decodePexMessage, encodePexMessage, pexFlagNames } from '../../src/wire/extension/pex.ts'
import { decodeCommentMessage } from '../../src/wire/extension/comment.ts'
import { decodeExtensionMessage } from '../../src/wire/extension/registry.ts'
import { decodeHashes, encodeHashes, expectedHashCount } from '../../src/wire/message/hash-request.ts'

const port = fc.integer({ min: 0, max: 65_535 })
const addressOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(renderIpAddress)
const [ipv4, ipv6] = [addressOf(4), addressOf(16)]
const name = fc.constantFrom('ut_pex', 'ut_metadata', 'lt_donthave', 'x', '\u00ff')

const fields: fc.Arbitrary<ExtensionHandshakeFields> = fc.record(
  {
    extensions: fc
      .dictionary(name, fc.integer({ min: 0, max: 255 }))
      .map((ids) => new Map(Object.entries(ids))),
    client: fc.string({ unit: 'grapheme', maxLength: 20 }),
    reqq: fc.integer({ min: 1, max: 5000 }),
    metadataSize: fc.integer({ min: 1, max: 32 * 1024 * 1024 }),
    listenPort: fc.integer({ min: 1, max: 65_535 }),
    yourIp: fc.oneof(ipv4, ipv6),
    ipv4,
    ipv6,
    uploadOnly: fc.boolean(),
    encryptionPreferred: fc.boolean(),
    completeAgo: fc.integer({ min: -1, max: 1_000_000 }),
    shareMode: fc.boolean(),
    trackerListHash: fc.uint8Array({ maxLength: 20 }),
    unknown: fc.constantFrom(new Map(), new Map([['zz', 1]])),
  },
  { requiredKeys: [] },
)

test('an extension handshake survives', () => {
  fc.assert(
    fc.property(fields, (given) => {
      const result = decodeExtensionHandshake(encodeExtensionHandshake(given))
      if (!result.ok) throw new Error(result.reason)
      const { raw: _, clientBytes, issues, ...read } = result.value
      expect({ ...read, given: undefined }).toStrictEqual({
        extensions: new Map(),
        unknown: new Map(),
        ...given,
        given: undefined,
      })
      expect(clientBytes === undefined).toBe(given.client === undefined)
      // two names may have been given one id, which is the one thing that may be noted
      expect(issues.filter(({ kind }) => kind !== 'duplicate-id')).toStrictEqual([])
    }),
  )
})

test('an address survives both ways', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.array(fc.constantFrom(0, 1, 255), { minLength: 16, maxLength: 16 }),
      ),
      (bytes) => {
        const address = Uint8Array.from(bytes)
        expect(parseIpAddress(renderIpAddress(address))).toStrictEqual(address)
      },
    ),
  )
})

const publicIpv4 = fc.integer({ min: 1, max: 250 }).map((host) => `203.0.113.${host}`)
const publicIpv6 = fc.integer({ min: 1, max: 250 }).map((host) => `2001:db8::${host.toString(16)}`)
const flags = fc.integer({ min: 0, max: 31 }).map(pexFlagNames)
const listOf = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { maxLength: 6 })

test('peers of a PEX message survive', () => {
  const message = fc.record({
    added: listOf(fc.record({ address: publicIpv4, port, flags })),
    added6: listOf(fc.record({ address: publicIpv6, port, flags })),
    dropped: listOf(fc.record({ address: publicIpv4, port })),
    dropped6: listOf(fc.record({ address: publicIpv6, port })),
  })
  fc.assert(
    fc.property(message, (given) => {
      const result = decodePexMessage(encodePexMessage(given))
      expect(result).toMatchObject({ ok: true, value: JSON.parse(JSON.stringify(given)) as object })
    }),
  )
})

/** Records as literals make them; strict equality tells a missing prototype. */
const PLAIN = { noNullPrototype: true }

test('metadata, holepunch and hashes survive', () => {
  const metadata = fc.record(
    {
      type: fc.constant('data' as const),
      piece: fc.nat(),
      totalSize: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
      data: fc.uint8Array({ maxLength: 50 }),
    },
    PLAIN,
  )
  const error = fc.record(
    {
      type: fc.constant('error' as const),
      address: fc.oneof(ipv4, ipv6),
      port,
      errorCode: fc.integer({ min: 0, max: 0xffff_ffff }),
    },
    PLAIN,
  )
  const request = fc
    .record({ baseLayer: fc.nat(), proofLayers: fc.nat({ max: 64 }), power: fc.integer({ min: 1, max: 6 }) })
    .map(({ power, ...rest }) => ({
      ...rest,
      piecesRoot: new Uint8Array(32),
      index: 2 ** 20,
      length: 2 ** power,
    }))
  fc.assert(
    fc.property(metadata, error, request, (data, punch, run) => {
      expect(decodeMetadataMessage(encodeMetadataMessage(data))).toStrictEqual({ ok: true, value: data })
      expect(decodeHolepunchMessage(encodeHolepunchMessage(punch))).toStrictEqual({ ok: true, value: punch })
      const hashes = Array.from({ length: expectedHashCount(run) }, (_, i) => new Uint8Array(32).fill(i))
      const value = { request: run, hashes }
      expect(decodeHashes(encodeHashes(value))).toStrictEqual({ ok: true, value })
    }),
  )
})

/** Dictionaries with the keys that the codecs look for and values of every type: noise alone hardly ever parses. */
const KEYS = `
  m v p reqq yourip ipv4 ipv6 metadata_size upload_only e complete_ago share_mode tr
  msg_type piece total_size added added.f added6 added6.f dropped dropped6
  comments num filter owner text like timestamp ut_pex`
  .trim()
  .split(/\s+/)
const { dictionary } = fc.letrec<{ value: BencodeInput; dictionary: Record<string, BencodeInput> }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: -3, max: 300 }),
      fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('dictionary'),
    ),
    dictionary: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 12 }),
  }),
)
const payload = fc
  .tuple(
    fc.oneof(dictionary.map(encodeBencode), fc.uint8Array({ maxLength: 60 })),
    fc.uint8Array({ maxLength: 9 }),
  )
  .map(([start, rest]) => concat([start, rest]))

test('whatever comes, the answer is data and bounded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), payload, (localId, bytes) => {
      const told = decodeExtensionMessage(localId, bytes)
      if (told.kind === 'malformed') {
        expect(told.offset).toBeGreaterThanOrEqual(0)
        expect(told.offset).toBeLessThanOrEqual(bytes.length)
      }
      if (told.kind === 'handshake') {
        expect(told.handshake.issues.length).toBeLessThanOrEqual(MAX_EXTENSION_ISSUES)
        for (const id of told.handshake.extensions.values()) expect(id >= 0 && id <= 255).toBe(true)
        // what was read of a peer can be said again
        expect(decodeExtensionHandshake(encodeExtensionHandshake(told.handshake)).ok).toBe(true)
      }
      expect(decodeCommentMessage(bytes)).toHaveProperty('ok')
      expect(decodeHashes(bytes)).toHaveProperty('ok')
    }),
    { numRuns: 500 },
  )
})
