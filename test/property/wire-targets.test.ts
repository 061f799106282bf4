import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8, fromByteString, toByteString, toHex } from '../../src/base/bytes.ts'
import { PeerError } from '../../src/base/errors.ts'
import {
  type BencodeInput,
  decodeBencode,
  decodeBencodeMembers,
  encodeBencode,
} from '../../src/wire/bencode.ts'
import { safeFilePath } from '../../src/wire/torrent/file-path.ts'
import { POSIX_NAMES } from '../../src/wire/torrent/name-rules.ts'
import { parseInfoHash } from '../../src/wire/torrent/info-hash.ts'
import { parseTarget } from '../../src/wire/torrent/magnet.ts'
import { hashBlocks, merkleHeight, merkleRoot, padHash, verifyProof } from '../../src/wire/torrent/merkle.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { decodePeerId } from '../../src/wire/peer-id/peer-id.ts'
import { blockAt, blockCountAt, pieceLengthAt } from '../../src/wire/torrent/piece-layout.ts'

const { value: bencode } = fc.letrec<{ value: BencodeInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    fc.uint8Array({ maxLength: 12 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 3 }), tie('value')), { maxLength: 4 })
      .map((members) => new Map(members.map(([key, value]) => [String.fromCharCode(...key), value]))),
  ),
}))

test('bencode: what is written is read back, and written again to the same bytes', () => {
  fc.assert(
    fc.property(bencode, fc.uint8Array({ maxLength: 5 }), (value, rest) => {
      const bytes = encodeBencode(value)
      const result = decodeBencode(concat([bytes, rest]))
      if (!result.ok) throw new Error(result.reason)
      expect(result).toMatchObject({ length: bytes.length, issues: [] })
      expect(toHex(encodeBencode(result.value))).toBe(toHex(bytes))
    }),
  )
})

test('bencode: each member has the bytes that its value is written as', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 4 }), bencode), (members) => {
      const result = decodeBencodeMembers(encodeBencode(members))
      if (!result.ok) throw new Error(result.reason)
      expect(result.slices.size).toBe(result.value.size)
      for (const [key, value] of result.value)
        expect(result.slices.get(key)).toStrictEqual(encodeBencode(value))
    }),
  )
})

test('bencode: cut short at any byte it is refused, at a place inside', () => {
  fc.assert(
    fc.property(bencode, fc.nat(), (value, at) => {
      const bytes = encodeBencode(value)
      const result = decodeBencode(bytes.subarray(0, at % bytes.length))
      expect(result.ok).toBe(false)
      if (!result.ok) expect(result.offset).toBeLessThanOrEqual(bytes.length)
    }),
  )
})

/** A torrent file with some bytes changed: near enough to a good one to reach every check. */
const TORRENT = encodeBencode({
  info: {
    files: [
      { length: 40_000, path: ['d', 'a'] },
      { length: 25_536, attr: 'p', path: ['.pad', '25536'] },
      { length: 20_000, path: ['b'] },
    ],
    name: 'n',
    'piece length': 32_768,
    pieces: new Uint8Array(60),
  },
})

test('a damaged torrent is read or refused with E_BAD_TORRENT, never anything else', () => {
  const change = fc.tuple(fc.nat(TORRENT.length - 1), fc.constantFrom(...encodeUtf8('0129deil:-/.x')))
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), fc.nat(9), (changes, cut) => {
      const bytes = TORRENT.slice(0, TORRENT.length - (cut > 6 ? cut : 0))
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      try {
        const metainfo = decodeMetainfo(bytes)
        expect(metainfo.pieceHashes).toHaveLength(metainfo.pieceCount * 20)
      } catch (error) {
        expect(error).toBeInstanceOf(PeerError)
        expect(error).toMatchObject({ code: 'E_BAD_TORRENT' })
      }
    }),
    { numRuns: 1000 },
  )
})

test('pieces and blocks cover all of the data, whatever the sizes', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1000, max: 70_000 }), (lengths, pieceLength) => {
      const total = lengths.reduce((sum, length) => sum + length, 0)
      fc.pre(total > 0)
      const files = lengths.map((length, i) => ({ length, path: [String(i)] }))
      const pieces = new Uint8Array(Math.ceil(total / pieceLength) * 20)
      const metainfo = decodeMetainfo(
        encodeBencode({ info: { files, name: 'n', 'piece length': pieceLength, pieces } }),
      )
      let sum = 0
      for (let piece = 0; piece < metainfo.pieceCount; piece++) {
        const before = sum
        for (let block = 0; block < blockCountAt(metainfo, piece); block++) {
          sum += blockAt(metainfo, piece, block).length
        }
        expect(sum - before).toBe(pieceLengthAt(metainfo, piece))
      }
      expect(sum).toBe(total)
    }),
  )
})

test('a proof from any block of any tree leads to its root, and to no other', () => {
  const data = Uint8Array.from({ length: 9 * 16_384 + 5 }, (_, i) => i % 253)
  const all = hashBlocks(data)
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(), fc.nat(), (count, spanSeed, indexSeed) => {
      const leaves = all.slice(0, count)
      const height = merkleHeight(count)
      const span = spanSeed % (height + 1)
      const width = 2 ** span
      const position = indexSeed % 2 ** (height - span)
      const padded = [...leaves, ...Array.from({ length: 2 ** height - count }, () => padHash(0))]
      const uncles = Array.from({ length: height - span }, (_, i) => {
        const size = width * 2 ** i
        const sibling = Math.floor(position / 2 ** i) ^ 1
        return merkleRoot(padded.slice(sibling * size, (sibling + 1) * size))
      })
      const hashes = padded.slice(position * width, (position + 1) * width)
      const proof = { baseLayer: 0, index: position * width, hashes, uncles }
      const root = merkleRoot(leaves)
      expect(verifyProof(proof, root, height)).toStrictEqual({ ok: true })
      expect(verifyProof(proof, padHash(3), height).ok).toBe(false)
    }),
  )
})

describe('a safe path stays below its folder', () => {
  const element = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc
      .constantFrom('..', '.', 'con', 'aux.c', '%2E', '%', '\u202e', 'a/..', '..\\', 'x '.repeat(140))
      .map(encodeUtf8),
  )
  const elements = fc.array(element, { minLength: 1, maxLength: 4 })
  const isKept = (name: Uint8Array): boolean => !/^\.{0,2}$/.test(toByteString(name))

  test('with names that every system takes, and different names stay different', () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        const safe = safeFilePath(a)
        for (const name of safe.split('/')) {
          expect(name).not.toMatch(/^\.{0,2}$|[\p{Cc}\p{Cf}<>:"\\|?*]|[. ]$|^(?:con|aux|nul|prn)(?:\.|$)/iu)
          expect(encodeUtf8(name).length).toBeLessThanOrEqual(255)
        }
        const [left, right] = [a, b].map((path) => path.filter(isKept).map(toHex))
        fc.pre(left?.length !== 0 && right?.length !== 0)
        expect(safe.split('/')).toHaveLength(left?.length ?? 0)
        expect(safe === safeFilePath(b)).toBe(left?.join('/') === right?.join('/'))
      }),
      { numRuns: 1000 },
    )
  })

  test('with the names of POSIX systems', () => {
    fc.assert(
      fc.property(elements, (path) => {
        for (const name of safeFilePath(path, POSIX_NAMES).split('/')) {
          expect(name).not.toMatch(/^\.{0,2}$|[\p{Cc}\p{Bidi_Control}]/u)
          expect(encodeUtf8(name).length).toBeLessThanOrEqual(255)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

test('hashes are read back from hex and base32', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (hash) => {
      let bits = BigInt(`0x${toHex(hash)}`)
      let base32 = ''
      for (let i = 0; i < 32; i++, bits >>= 5n) base32 = (alphabet[Number(bits & 31n)] ?? '') + base32
      expect(parseInfoHash(base32).v1).toStrictEqual(hash)
      expect(parseInfoHash(toHex(hash)).v1).toStrictEqual(hash)
    }),
  )
})

test('a target is read or refused with E_BAD_HASH, never anything else', () => {
  const part = fc.constantFrom(
    'xt=',
    'urn:btih:',
    'urn:btmh:',
    '1220',
    'A'.repeat(32),
    '0'.repeat(64),
    '&',
    'x.pe=',
    '[',
    ':1',
    'so=0-',
    '%',
    '%e2',
    'é',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => `magnet:?${parts.join('')}`),
  )
  fc.assert(
    fc.property(text, (target) => {
      try {
        const { v1, v2 } = parseTarget(target).infoHashes
        expect((v1 ?? v2)?.length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toMatchObject({ name: 'PeerError', code: 'E_BAD_HASH' })
      }
    }),
    { numRuns: 500 },
  )
})

test('any 20 bytes are a peer id, and print as ASCII', () => {
  const start = fc.constantFrom(
    '',
    '-qB',
    '-UT',
    '-lt',
    '-TR',
    '-BL',
    '-ML',
    'A2-',
    'exbc',
    'M4-',
    'S',
    '-KT',
  )
  fc.assert(
    fc.property(start, fc.uint8Array({ minLength: 20, maxLength: 20 }), (prefix, noise) => {
      const id = decodePeerId(concat([fromByteString(prefix), noise]).subarray(0, 20))
      expect(`${id.text}${id.code ?? ''}${id.version ?? ''}`).toMatch(/^[ -~]*$/)
    }),
    { numRuns: 500 },
  )
})
