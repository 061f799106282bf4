import { expect, test } from 'vitest'
import { MAX_SERVED_FRAME_LENGTH } from '../../../../src/base/limits.ts'
import { FrameMemory, servedFrameLimit } from '../../../../src/session/upload/served-frames.ts'
import { MessageDecoder } from '../../../../src/wire/message/decoder.ts'

test.each([
  ['a block', 7, 100, MAX_SERVED_FRAME_LENGTH],
  ['an extended message', 20, 100, MAX_SERVED_FRAME_LENGTH],
  ['the bitfield of a small torrent', 5, 100, MAX_SERVED_FRAME_LENGTH],
  ['the bitfield of a large torrent', 5, 1_000_001, 125_002],
])('%s may not be longer than it has to be', (_, id, pieceCount, limit) => {
  const push = (size: number) => {
    const decoder = new MessageDecoder({ from: 'messages', frameLimit: servedFrameLimit(pieceCount) })
    const prefix = new Uint8Array(5)
    new DataView(prefix.buffer).setUint32(0, size)
    prefix[4] = id
    return decoder.push(prefix).map(({ kind }) => kind)
  }
  expect(push(limit)).toStrictEqual([])
  expect(push(limit + 1)).toStrictEqual(['broken'])
})

test('of all incomplete messages the oldest has to go when they take too much', () => {
  const memory = new FrameMemory<string>(100_000)
  const short = ['a', 'b', 'c'].map((peer) => memory.take(peer, 64))
  const grown = [memory.take('b', 40_000), memory.take('a', 60_000), memory.take('c', 10_000)]
  expect(short).toStrictEqual([undefined, undefined, undefined])
  expect(grown).toStrictEqual([undefined, undefined, 'b'])
  // whose message is whole takes nothing
  memory.take('b', 64)
  expect(memory.total).toBe(70_000)
  expect(memory.take('c', 50_000)).toBe('a')
  memory.take('a', 0)
  memory.take('c', 0)
  expect(memory.total).toBe(0)
})
