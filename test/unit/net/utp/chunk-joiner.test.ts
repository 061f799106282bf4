import { expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { ChunkJoiner } from '../../../../src/net/utp/chunk-joiner.ts'
import { patternBytes } from '../../../support/utp/utp-pair.ts'

function joinAll(joiner: ChunkJoiner, chunks: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = []
  for (let next = 0; next < chunks.length;) {
    const { bytes, end } = joiner.join(chunks, next)
    joined.push(bytes.slice())
    next = end
  }
  return joined
}

test.each([
  { name: 'a few', lengths: [10, 20, 30], joined: [60] },
  { name: 'a batch of full packets', lengths: Array.from({ length: 128 }, () => 1452), joined: [185_856] },
  { name: 'more than fit', lengths: [200_000, 50_000, 50_000, 1], joined: [250_000, 50_001] },
  { name: 'one that is too long', lengths: [1, 300_000, 2, 3], joined: [1, 300_000, 5] },
])('$name', ({ lengths, joined }) => {
  const chunks = lengths.map((length, index) => patternBytes(length, index))
  const got = joinAll(new ChunkJoiner(), chunks)
  expect(got.map(({ length }) => length)).toStrictEqual(joined)
  expect(Buffer.compare(concat(got), concat(chunks))).toBe(0)
})

test('a single chunk is not copied', () => {
  const chunk = patternBytes(100)
  expect(new ChunkJoiner().join([chunk], 0).bytes).toBe(chunk)
})

test('the memory is used again', () => {
  const joiner = new ChunkJoiner()
  const [first, second] = [1, 2].map((seed) =>
    joiner.join([patternBytes(700, seed), patternBytes(800, seed)], 0),
  )
  expect(first?.bytes.buffer).toBe(second?.bytes.buffer)
})
