import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import {
  hashBlock,
  hashBlocks,
  merkleHeight,
  merkleRoot,
  padHash,
  uncleCount,
  verifyProof,
} from '../../../../src/wire/torrent/merkle.ts'
import fixture from '../../../fixtures/vectors/bep52.json' with { type: 'json' }

const expectedOf = (name: string): Record<string, unknown> => {
  const vector = fixture.vectors.find((row) => row.name === name)
  if (vector === undefined) throw new Error(`no vector ${name}`)
  return vector.expected
}
const nodeSha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

test('pad hashes of the first layers', () => {
  const levels = expectedOf('zero-hash pad per level')['levels_0_to_8'] as string[]
  expect(levels.map((_, layer) => toHex(padHash(layer)))).toStrictEqual(levels)
})

interface RootVector {
  readonly input: { readonly length: number; readonly piece_length: number }
  readonly expected: {
    readonly blocks: number
    readonly height: number
    readonly root: string
    readonly piece_layer: readonly string[] | null
  }
}
const ROOTS = fixture.vectors.filter(({ name }) =>
  name.startsWith('merkle root, '),
) as unknown as RootVector[]

test('all root vectors are used', () => {
  expect(ROOTS).toHaveLength(10)
})

describe.each(ROOTS)('a file of $input.length bytes', ({ input, expected }) => {
  const leaves = hashBlocks(content(input.length))

  test('blocks, height and root', () => {
    expect(leaves).toHaveLength(expected.blocks)
    expect(merkleHeight(leaves.length)).toBe(expected.height)
    expect(toHex(merkleRoot(leaves))).toBe(expected.root)
    expect(toHex(merkleRoot(hashBlocks(content(input.length), nodeSha256), 0, undefined, nodeSha256))).toBe(
      expected.root,
    )
  })

  test('piece layer, and the root from it', () => {
    if (input.length <= input.piece_length) return expect(expected.piece_layer).toBeNull()
    const layer = Math.log2(input.piece_length / 16_384)
    const width = 2 ** layer
    const pieces = Array.from({ length: Math.ceil(leaves.length / width) }, (_, i) =>
      merkleRoot(leaves.slice(i * width, (i + 1) * width), 0, layer),
    )
    expect(pieces.map(toHex)).toStrictEqual(expected.piece_layer)
    return expect(toHex(merkleRoot(pieces, layer, expected.height))).toBe(expected.root)
  })
})

test('one block is its own root', () => {
  expect(toHex(merkleRoot([hashBlock(Uint8Array.of(0))]))).toBe(
    expectedOf('merkle root of one block: root is the leaf')['root'],
  )
})

interface ProofVector {
  readonly name: string
  readonly input: {
    readonly pieces_root: string
    readonly tree_height: number
    readonly base_layer: number
    readonly index: number
    readonly length: number
    readonly proof_layers: number
  }
  readonly expected: { readonly hashes_count: number; readonly hashes_message: string }
}
const PROOFS = fixture.vectors.filter(({ name }) =>
  name.startsWith('hash request/hashes'),
) as unknown as ProofVector[]

test('all proof vectors are used', () => {
  expect(PROOFS).toHaveLength(7)
})

describe.each(PROOFS)('$name', ({ input, expected }) => {
  const all = hashesOf(expected.hashes_message)
  const proof = {
    baseLayer: input.base_layer,
    index: input.index,
    hashes: all.slice(0, input.length),
    uncles: all.slice(input.length),
  }
  const root = fromHex(input.pieces_root)

  test('the message has as many hashes as its request asks for', () => {
    expect(all).toHaveLength(expected.hashes_count)
    expect(input.length + uncleCount(input.length, input.proof_layers)).toBe(expected.hashes_count)
  })

  test('leads to the root', () => {
    expect(verifyProof(proof, root, input.tree_height)).toStrictEqual({ ok: true })
    expect(verifyProof(proof, root, input.tree_height, nodeSha256)).toStrictEqual({ ok: true })
  })

  test('a bit flipped in any of its hashes shows', () => {
    for (let i = 0; i < all.length; i++) {
      const broken = all.map((hash, j) =>
        i === j ? hash.map((byte, at) => (at === 31 ? byte ^ 1 : byte)) : hash,
      )
      const hashes = broken.slice(0, input.length)
      const uncles = broken.slice(input.length)
      expect(verifyProof({ ...proof, hashes, uncles }, root, input.tree_height).ok).toBe(false)
    }
  })

  test('another place, another height, a missing or an additional uncle do not fit', () => {
    const { tree_height: height } = input
    const wrong = [
      verifyProof({ ...proof, index: proof.index + 1 }, root, height),
      verifyProof({ ...proof, index: proof.index + 2 ** (height - proof.baseLayer) }, root, height),
      verifyProof({ ...proof, uncles: [...proof.uncles, new Uint8Array(32)] }, root, height),
      verifyProof({ ...proof, hashes: proof.hashes.slice(1) }, root, height),
      verifyProof({ ...proof, hashes: [] }, root, height),
      verifyProof(proof, root, height + 1),
      verifyProof(proof, root, 40),
      verifyProof({ ...proof, hashes: proof.hashes.map((hash) => hash.subarray(1)) }, root, height),
    ]
    expect(wrong.map(({ ok }) => ok)).not.toContain(true)
  })
})

test('the vector with one flipped bit is refused', () => {
  const vector = fixture.vectors.find(({ name }) => name === 'hashes with one flipped bit')
  const { message = '', pieces_root: root = '' } = vector?.input ?? {}
  const all = hashesOf(message)
  const proof = { baseLayer: 0, index: 0, hashes: all.slice(0, 2), uncles: all.slice(2) }
  expect(verifyProof(proof, fromHex(root), 3)).toStrictEqual({
    ok: false,
    reason: 'the hashes do not lead to the root',
  })
})

test('uncles at both ends of the rule', () => {
  expect([uncleCount(2, 0), uncleCount(2, 1), uncleCount(512, 8), uncleCount(512, 9)]).toStrictEqual([
    0, 1, 0, 1,
  ])
})

test('blocks of no byte and of one too many are refused, and hashes that have no root', () => {
  expect(hashBlock(new Uint8Array(16_384))).toHaveLength(32)
  expect(() => hashBlock(new Uint8Array(16_385))).toThrow(RangeError)
  expect(() => hashBlock(new Uint8Array())).toThrow(RangeError)
  expect(() => merkleRoot([])).toThrow(RangeError)
  expect(() => merkleRoot([padHash(0), padHash(0), padHash(0)], 1, 2)).toThrow(RangeError)
})

function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251)) & 255)
}

/** The hashes of a whole *hashes* message: after length, id, root and four numbers. */
function hashesOf(message: string): Uint8Array[] {
  const bytes = fromHex(message).subarray(4 + 1 + 32 + 16)
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, (i + 1) * 32))
}
