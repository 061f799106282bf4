import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  decodeHashes,
  decodeHashRequest,
  encodeHashes,
  encodeHashRequest,
  expectedHashCount,
  HASH_REQUEST_LENGTH,
  hashRequestDefect,
  writeHashRequest,
  type HashRequest,
} from '../../../../src/wire/message/hash-request.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

interface Input {
  readonly pieces_root: string
  readonly tree_height: number
  readonly base_layer: number
  readonly index: number
  readonly length: number
  readonly proof_layers: number
  readonly request: string
}
interface Expected {
  readonly request: string
  readonly hashes_count: number
  readonly hashes_message: string
  readonly reject: string
  readonly answer: string
}
const VECTORS = readVectors('hash-messages') as readonly Vector<Input, Expected>[]

/** What follows length and id. */
const payload = (wire: string): string => wire.slice(10)
const run = (fields: Partial<HashRequest>): HashRequest => {
  return { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0, ...fields }
}

describe.each(VECTORS.filter(({ expected }) => expected.hashes_message !== undefined))(
  '$name',
  ({ input, expected }) => {
    const request = run({
      piecesRoot: fromHex(input.pieces_root),
      baseLayer: input.base_layer,
      index: input.index,
      length: input.length,
      proofLayers: input.proof_layers,
    })

    test('request and reject', () => {
      expect(decodeHashRequest(fromHex(payload(expected.request)))).toStrictEqual(request)
      expect(toHex(encodeHashRequest(request))).toBe(payload(expected.request))
      expect(toHex(encodeHashRequest(request))).toBe(payload(expected.reject))
      expect(hashRequestDefect(request, input.tree_height)).toBeUndefined()
    })

    test('hashes', () => {
      const wire = payload(expected.hashes_message)
      const result = decodeHashes(fromHex(wire))
      if (!result.ok) throw new Error(result.reason)
      expect(result.value.request).toStrictEqual(request)
      expect(result.value.hashes).toHaveLength(expected.hashes_count)
      expect(expectedHashCount(request)).toBe(expected.hashes_count)
      expect(toHex(concat(result.value.hashes))).toBe(wire.slice(2 * HASH_REQUEST_LENGTH))
      expect(toHex(encodeHashes(result.value))).toBe(wire)
    })
  },
)

test.each(VECTORS.filter(({ expected }) => expected.answer !== undefined))('$name', ({ input, expected }) => {
  const request = decodeHashRequest(fromHex(payload(input.request)))
  expect(hashRequestDefect(request, 3)?.level).toBe('must')
  expect(toHex(encodeHashRequest(request))).toBe(payload(expected.answer))
})

describe('a request', () => {
  test.each<[Partial<HashRequest>, number | undefined, string | undefined]>([
    [{ length: 0 }, undefined, 'must length 0 is not a power of two of at least 2'],
    [{ length: 1 }, undefined, 'must length 1 is not a power of two of at least 2'],
    [{ length: 2 }, undefined, undefined],
    [{ length: 3 }, undefined, 'must length 3 is not a power of two of at least 2'],
    [{ length: 512 }, undefined, undefined],
    [{ length: 1024 }, undefined, 'should length 1024 is above 512'],
    [{ length: 8192 }, undefined, 'should length 8192 is above 512'],
    [{ length: 16_384 }, undefined, 'must length 16384 is above 8192'],
    [{ length: 2 ** 31 }, undefined, 'must length 2147483648 is above 8192'],
    [{ length: 2 ** 32 - 1 }, undefined, 'must length 4294967295 is not a power of two of at least 2'],
    [{ index: 1 }, undefined, 'must index 1 is not a multiple of length 2'],
    [{ index: 2 ** 32 - 2 }, undefined, undefined],
    [{ proofLayers: 64 }, undefined, undefined],
    [{ proofLayers: 65 }, undefined, 'must a proof of 65 layers'],
    [{ length: 8 }, 3, undefined],
    [{ length: 8, index: 8 }, 3, 'must hashes up to 16 in a layer of 8'],
    [{ length: 2, index: 2 ** 32 - 2 }, 3, 'must hashes up to 4294967296 in a layer of 8'],
    [{ baseLayer: 2 }, 3, undefined],
    [{ baseLayer: 3 }, 3, 'must base layer 3 in a tree of height 3'],
    [{ baseLayer: 0 }, 0, 'must base layer 0 in a tree of height 0'],
    [{ proofLayers: 2 }, 3, undefined],
    [{ proofLayers: 3 }, 3, 'must a proof of 3 layers where 2 are left'],
  ])('%o in a tree of height %s', (fields, height, expected) => {
    const defect = hashRequestDefect(run(fields), height)
    expect(defect && `${defect.level} ${defect.reason}`).toBe(expected)
  })

  test.each([
    [2, 0, 2],
    [2, 1, 3],
    [2, 2, 4],
    [4, 1, 4],
    [4, 2, 5],
    [512, 8, 512],
    [512, 9, 513],
    [8192, 64, 8192 + 52],
  ])('for %i hashes with a proof of %i layers is answered by %i', (length, proofLayers, count) => {
    expect(expectedHashCount(run({ length, proofLayers }))).toBe(count)
  })

  test('is 48 bytes with a root of 32', () => {
    expect(() => decodeHashRequest(new Uint8Array(47))).toThrow(RangeError)
    expect(() => encodeHashRequest(run({ piecesRoot: new Uint8Array(31) }))).toThrow(RangeError)
    expect(() => encodeHashes({ request: run({}), hashes: [new Uint8Array(31)] })).toThrow(RangeError)
  })

  test('is written where it is wanted', () => {
    const target = new Uint8Array(HASH_REQUEST_LENGTH + 6)
    writeHashRequest(target, 5, run({ proofLayers: 0x01020304 }))
    expect(toHex(target.subarray(45))).toBe('000000020102030400')
  })
})

test.each([
  [0, {}, 'at least 48'],
  [47, {}, 'at least 48'],
  [48, {}, 'expected a payload of 112 bytes, got 48'],
  [111, {}, 'expected a payload of 112 bytes, got 111'],
  [113, {}, 'expected a payload of 112 bytes, got 113'],
  [144, { proofLayers: 0 }, 'expected a payload of 112 bytes, got 144'],
  [112, { proofLayers: 1 }, 'expected a payload of 144 bytes, got 112'],
  [48, { length: 0 }, 'length 0'],
  [48, { length: 2 ** 31 }, 'length 2147483648'],
  [112, { proofLayers: 2 ** 32 - 1 }, 'a proof of 4294967295 layers'],
  [112, { index: 3 }, 'index 3'],
])('hashes of %i bytes for %o are malformed', (length, fields, reason) => {
  const bytes = new Uint8Array(Math.max(length, HASH_REQUEST_LENGTH))
  writeHashRequest(bytes, 0, run(fields))
  const expected = { ok: false, reason: expect.stringContaining(reason) as string }
  expect(decodeHashes(bytes.subarray(0, length))).toMatchObject(expected)
})
