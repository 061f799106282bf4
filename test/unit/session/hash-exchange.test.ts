import { describe, expect, test } from 'vitest'
import { fromHex, readUint32, toHex } from '../../../src/base/bytes.ts'
import { MAX_PENDING_HASH_REQUESTS } from '../../../src/base/limits.ts'
import {
  hashRequestOfBlock,
  HashRequestManager,
  hashRequestToRoot,
  pieceLayerRequests,
} from '../../../src/session/download/hash-requests.ts'
import { HashServer, type HashedFile } from '../../../src/session/upload/hash-server.ts'
import { decodeHashRequest, type HashRequest } from '../../../src/wire/message/hash-request.ts'
import { hashBlocks, merkleHeight, merkleRoot } from '../../../src/wire/torrent/merkle.ts'
import { readVectors, type Vector } from '../../support/wire/vectors.ts'

interface Input {
  readonly base_layer?: number
  readonly request?: string
  readonly message?: string
}
interface Expected {
  readonly request?: string
  readonly hashes_message?: string
  readonly answer?: string
}
const VECTORS = readVectors('hash-messages') as readonly Vector<Input, Expected>[]
const ANSWERED = VECTORS.filter(({ expected }) => expected.hashes_message !== undefined)
const REJECTED = VECTORS.filter(({ expected }) => expected.answer !== undefined)

/** The file of the vectors: 100000 bytes in pieces of 32 KiB. */
const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + Math.floor(i / 251)) & 255)
const file = hashedFile(content, 32_768)
const tree = { piecesRoot: file.piecesRoot, height: 3 }
const server = new HashServer([file])

/** A file as a seeder knows it. */
function hashedFile(bytes: Uint8Array, pieceLength: number): HashedFile & { blockHashes: object } {
  const leaves = hashBlocks(bytes)
  const perPiece = pieceLength / 16_384
  const layer = merkleHeight(perPiece)
  const pieces = Array.from({ length: Math.ceil(leaves.length / perPiece) }, (_, i) =>
    merkleRoot(leaves.slice(i * perPiece, (i + 1) * perPiece), 0, layer),
  )
  return {
    piecesRoot: merkleRoot(leaves),
    length: bytes.length,
    pieceLength,
    pieceHashes: pieces.length > 1 ? pieces : [],
    blockHashes: (first, count) => leaves.slice(first, first + count),
  }
}

/** Takes a whole *hash request* or *hashes* message in hex apart. */
function split(wire: string): { request: HashRequest; hashes: Uint8Array } {
  const bytes = fromHex(wire)
  expect(readUint32(bytes, 0)).toBe(bytes.length - 4)
  return { request: decodeHashRequest(bytes.subarray(5)), hashes: bytes.subarray(53) }
}

test('the vectors are all here', () => {
  expect([ANSWERED.length, REJECTED.length, VECTORS.length]).toStrictEqual([7, 6, 14])
  expect(toHex(file.piecesRoot)).toMatch(/^26ce98d1/)
})

describe.each(ANSWERED)('$name', ({ expected }) => {
  const { request, hashes } = split(expected.hashes_message ?? '')

  test('is served', () => {
    const answer = server.answer(split(expected.request ?? '').request)
    expect(answer.type === 'hashes' && toHex(answer.hashes)).toBe(toHex(hashes))
  })

  test('is verified', () => {
    const manager = new HashRequestManager()
    expect(manager.request(tree, request, 0)).toBe(true)
    const all = Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(i * 32, i * 32 + 32))
    expect(manager.received(request, hashes)).toStrictEqual({
      type: 'verified',
      request,
      hashes: all.slice(0, request.length),
      uncles: all.slice(request.length),
    })
    expect(manager.received(request, hashes)).toStrictEqual({ type: 'unrequested' })
  })

  test('is wrong with any hash changed, one too few or one too many', () => {
    for (let at = 0; at < hashes.length; at += 32) {
      const changed = hashes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(judge(request, changed)).toBe('wrong')
    }
    expect(judge(request, hashes.subarray(32))).toBe('wrong')
    expect(judge(request, Uint8Array.from([...hashes, ...new Uint8Array(32)]))).toBe('wrong')
    expect(judge(request, hashes.subarray(1))).toBe('wrong')
    expect(judge(request, new Uint8Array())).toBe('wrong')
  })
})

function judge(request: HashRequest, hashes: Uint8Array): string {
  const manager = new HashRequestManager()
  manager.request(tree, request, 0)
  return manager.received(request, hashes).type
}

test.each(REJECTED)('$name', ({ input, expected }) => {
  const { request } = split(input.request ?? '')
  const answer = server.answer(request)
  expect(answer.type).toBe('hash-reject')
  expect(answer.request).toStrictEqual(split(expected.answer ?? '').request)
  expect(() => new HashRequestManager().request(tree, request, 0)).toThrow(RangeError)
})

test('the vector with a flipped bit is wrong', () => {
  const row = VECTORS.find(({ input }) => input.message !== undefined)
  const { request, hashes } = split(row?.input.message ?? '')
  expect(judge(request, hashes)).toBe('wrong')
})

describe('what is not served', () => {
  const run = { baseLayer: 0, index: 0, length: 2 }

  test('a file nobody has', () => {
    const request = hashRequestToRoot({ piecesRoot: new Uint8Array(32), height: 3 }, run)
    expect(server.answer(request)).toStrictEqual({ type: 'hash-reject', request, reason: 'no such file' })
  })

  test('a file of one block has no layer below its root', () => {
    const one = hashedFile(content.subarray(0, 16_384), 16_384)
    const request = { piecesRoot: one.piecesRoot, ...run, proofLayers: 0 }
    expect(new HashServer([one]).answer(request).type).toBe('hash-reject')
    expect(hashRequestOfBlock({ piecesRoot: one.piecesRoot, height: 0 }, 0)).toBeUndefined()
  })

  test.each([
    { name: 'left out', blockHashes: {} },
    { name: 'not known', blockHashes: { blockHashes: () => undefined } },
  ])('block hashes that are $name; the piece layer still is', ({ blockHashes }) => {
    const { blockHashes: _, ...pieces } = file
    const blind = new HashServer([{ ...pieces, ...blockHashes }])
    expect(blind.answer(hashRequestToRoot(tree, run)).type).toBe('hash-reject')
    expect(blind.answer(hashRequestToRoot(tree, { ...run, baseLayer: 1 })).type).toBe('hashes')
  })

  test('a layer between blocks and pieces', () => {
    const wide = hashedFile(content, 65_536)
    const served = [0, 1, 2].map((baseLayer) => {
      const request = hashRequestToRoot({ piecesRoot: wide.piecesRoot, height: 3 }, { ...run, baseLayer })
      return new HashServer([wide]).answer(request).type
    })
    expect(served).toStrictEqual(['hashes', 'hash-reject', 'hashes'])
  })

  test.each([0, 3, 5])('%d piece hashes of 4 pieces are a mistake of the caller', (count) => {
    const pieceHashes = Array.from({ length: count }, () => new Uint8Array(32))
    expect(() => new HashServer([{ ...file, pieceHashes }])).toThrow(RangeError)
  })
})

describe('what waits', () => {
  const requests = Array.from({ length: MAX_PENDING_HASH_REQUESTS + 1 }, (_, i) =>
    hashRequestToRoot({ ...tree, height: 10 }, { baseLayer: 0, index: i * 2, length: 2 }),
  )
  const deep = { ...tree, height: 10 }

  test('at most 16, none twice', () => {
    const manager = new HashRequestManager()
    const noted = requests.map((request) => manager.request(deep, request, 0))
    expect(noted).toStrictEqual([...Array(MAX_PENDING_HASH_REQUESTS).fill(true), false])
    const [first, second] = requests as [HashRequest, HashRequest]
    expect([manager.rejected(first), manager.rejected(first)]).toStrictEqual([true, false])
    expect(manager.request(deep, second, 0)).toBe(false)
    expect(manager.pendingCount).toBe(15)
    expect(manager.request(deep, first, 0)).toBe(true)
  })

  test('for at most 30 seconds', () => {
    const manager = new HashRequestManager()
    const [first, second] = requests as [HashRequest, HashRequest]
    expect(manager.nextExpiry).toBeUndefined()
    manager.request(deep, second, 500)
    manager.request(deep, first, 0)
    expect(manager.nextExpiry).toBe(30_000)
    expect(manager.expire(29_999)).toStrictEqual([])
    expect(manager.expire(30_000)).toStrictEqual([first])
    expect([manager.pendingCount, manager.nextExpiry]).toStrictEqual([1, 30_500])
    expect(manager.received(first, new Uint8Array())).toStrictEqual({ type: 'unrequested' })
  })

  test('an answer has to repeat every field', () => {
    const manager = new HashRequestManager()
    const [request] = requests as [HashRequest]
    manager.request(deep, request, 0)
    for (const field of ['baseLayer', 'index', 'length', 'proofLayers'] as const)
      expect(manager.rejected({ ...request, [field]: request[field] + 1 })).toBe(false)
    expect(manager.rejected({ ...request, piecesRoot: new Uint8Array(32) })).toBe(false)
    expect(manager.rejected({ ...request, piecesRoot: request.piecesRoot.slice() })).toBe(true)
  })

  test.each([
    ['a proof that stops below the root', { ...hashRequestToRoot(tree, pair(0)), proofLayers: 1 }],
    ['no proof of a part', { ...hashRequestToRoot(tree, pair(0)), proofLayers: 0 }],
    ['another file', { ...hashRequestToRoot(tree, pair(0)), piecesRoot: new Uint8Array(32) }],
    ['hashes past the layer', hashRequestToRoot(tree, pair(8))],
  ])('%s could never be verified', (_, request) => {
    expect(() => new HashRequestManager().request(tree, request, 0)).toThrow(RangeError)
  })
})

function pair(index: number) {
  return { baseLayer: 0, index, length: 2 }
}

describe('planning', () => {
  test.each([
    { pieceCount: 1, height: 4, pieceLayer: 4, runs: [] },
    { pieceCount: 2, height: 5, pieceLayer: 4, runs: [[0, 2, 0]] },
    { pieceCount: 4, height: 3, pieceLayer: 1, runs: [[0, 4, 1]] },
    { pieceCount: 512, height: 10, pieceLayer: 1, runs: [[0, 512, 8]] },
    {
      pieceCount: 513,
      height: 11,
      pieceLayer: 1,
      runs: [
        [0, 512, 9],
        [512, 512, 9],
      ],
    },
  ])('the piece layer of $pieceCount pieces', ({ pieceCount, height, pieceLayer, runs }) => {
    const requests = [...pieceLayerRequests({ ...tree, height }, pieceLayer, pieceCount)]
    expect(requests.map(({ index, length, proofLayers }) => [index, length, proofLayers])).toStrictEqual(runs)
    for (const request of requests)
      expect(new HashRequestManager().request({ ...tree, height }, request, 0)).toBe(true)
  })

  test.each([0, 1, 4, 6])('one block, number %d', (block) => {
    const request = hashRequestOfBlock(tree, block)
    const answer = request && server.answer(request)
    if (answer?.type !== 'hashes') throw new Error('not served')
    const manager = new HashRequestManager()
    manager.request(tree, answer.request, 0)
    const result = manager.received(answer.request, answer.hashes)
    const leaf = hashBlocks(content.subarray(block * 16_384, (block + 1) * 16_384))[0]
    expect(result.type === 'verified' && result.hashes[block % 2]).toStrictEqual(leaf)
  })
})
