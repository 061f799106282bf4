import { expect, test } from 'vitest'
import { PacketSlab } from '../../../../src/session/capture/packet-slab.ts'

/** A slab, and the pieces that it passed on with the number of packets in each. */
function slabAndPieces() {
  const pieces: (readonly [bytes: Uint8Array, packets: number])[] = []
  return { slab: new PacketSlab((...piece) => pieces.push(piece)), pieces }
}

function add(slab: PacketSlab, byte: number, length: number): void {
  const at = slab.begin(length)
  slab.memory.bytes.fill(byte, at, at + length)
}

test('blocks become pieces in their order, and what was passed on stays as it is', () => {
  const { slab, pieces } = slabAndPieces()
  const lengths = [1, 300_000, 4, 200_000, 100_000, 262_144, 7]
  for (const [index, length] of lengths.entries()) {
    add(slab, index + 1, length)
    if (index === 2) slab.flush()
  }
  slab.flush()
  slab.flush()
  expect(pieces.map(([, packets]) => packets).reduce((sum, packets) => sum + packets)).toBe(lengths.length)
  const written = Buffer.concat(pieces.map(([bytes]) => bytes))
  const expected = Buffer.concat(lengths.map((length, index) => Buffer.alloc(length, index + 1)))
  expect(written.equals(expected)).toBe(true)
})

test('the blocks of one call are one piece', () => {
  const { slab, pieces } = slabAndPieces()
  for (let i = 0; i < 100; i++) add(slab, i, 1500)
  slab.flush()
  expect(pieces.map(([bytes, packets]) => [bytes.length, packets])).toStrictEqual([[150_000, 100]])
})
