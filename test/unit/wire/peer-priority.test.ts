import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import { crc32c, peerPriority } from '../../../src/wire/peer-priority.ts'
import { readVectors, type Vector } from '../../support/wire/vectors.ts'

type Pair = readonly [address: string, port: number]
interface Input {
  readonly client: Pair
  readonly peer: Pair
  readonly variant?: 'libtorrent'
}
const VECTORS = readVectors('peer-priority') as readonly Vector<
  Input,
  { readonly buffer: string; readonly crc32c: string; readonly bep40_crc32c?: string }
>[]

describe.each(VECTORS)('$name', ({ input, expected }) => {
  const own = { address: input.client[0], port: input.client[1] }
  const peer = { address: input.peer[0], port: input.peer[1] }
  const priority = Number.parseInt(expected.crc32c, 16)

  test('is the same from both ends', () => {
    expect(crc32c(fromHex(expected.buffer))).toBe(priority)
    expect(peerPriority(own, peer, input.variant)).toBe(priority)
    expect(peerPriority(peer, own, input.variant)).toBe(priority)
  })

  test('is that of BEP 40 unless told otherwise', () => {
    expect(peerPriority(own, peer)).toBe(Number.parseInt(expected.bep40_crc32c ?? expected.crc32c, 16))
  })
})

test('the check value of CRC32-C', () => {
  expect(crc32c(encodeUtf8('123456789'))).toBe(0xe306_9283)
  expect(crc32c(new Uint8Array())).toBe(0)
})

test('an IPv4-mapped address is IPv4, and two families have no priority', () => {
  const own = { address: '123.213.32.10', port: 1 }
  expect(peerPriority(own, { address: '::ffff:98.76.54.32', port: 2 })).toBe(0xec2d_7224)
  expect(peerPriority(own, { address: '2001:db8::1', port: 2 })).toBeUndefined()
  expect(() => peerPriority(own, { address: 'localhost', port: 2 })).toThrow(RangeError)
})
