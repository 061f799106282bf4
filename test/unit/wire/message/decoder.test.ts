import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8, fromHex } from '../../../../src/base/bytes.ts'
import { encodeHandshake, HANDSHAKE_LENGTH } from '../../../../src/wire/handshake/handshake.ts'
import { MessageDecoder } from '../../../../src/wire/message/decoder.ts'
import { encodeMessage } from '../../../../src/wire/message/message.ts'
import { decodeChunks, cutBytes, splitBytes } from '../../../support/wire/decode-chunks.ts'
import { MESSAGE_ROWS } from '../../../support/wire/message-rows.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

const HELLO = encodeHandshake({
  reserved: fromHex('0000000000100005'),
  infoHash: new Uint8Array(20).fill(0xab),
  peerId: encodeUtf8('-PW0100-abcdefghijkl'),
})

describe.each(MESSAGE_ROWS)('$name', ({ wire, message }) => {
  const before = fromHex('00000005 04 00000009')
  const stream = concat([before, fromHex(wire), fromHex('00000001 0e')])
  const offset = before.length
  const items = [
    { kind: 'message', offset: 0, length: offset, message: { type: 'have', piece: 9 } },
    { kind: 'message', offset, length: stream.length - offset - 5, message },
    { kind: 'message', offset: stream.length - 5, length: 5, message: { type: 'have-all' } },
  ]

  test('comes out of its stream, cut at any place', () => {
    for (let at = 0; at <= stream.length; at++) {
      const { items: got, decoder } = decodeChunks(splitBytes(stream, at), { from: 'messages' })
      expect(got).toStrictEqual(items)
      expect([decoder.offset, decoder.pending]).toStrictEqual([stream.length, 0])
    }
  })

  test('comes out byte by byte, behind a handshake', () => {
    const { items: got } = decodeChunks(cutBytes(concat([HELLO, stream]), [1]))
    expect(got[0]).toMatchObject({ kind: 'handshake', offset: 0, length: HANDSHAKE_LENGTH })
    const shifted = items.map((item) => ({ ...item, offset: item.offset + HANDSHAKE_LENGTH }))
    expect(got.slice(1)).toStrictEqual(shifted)
  })

  test('cut off before its last byte, it is pending', () => {
    const cut = fromHex(wire).slice(0, -1)
    const { items: got, decoder } = decodeChunks([cut], { from: 'messages' })
    expect(got).toStrictEqual([])
    expect(decoder.pending).toBe(cut.length)
    expect(decoder.peekPending()).toStrictEqual(cut)
  })
})

test('an opening stream gives the same messages, cut at any place', () => {
  const vectors = readVectors('message') as readonly Vector<unknown, { readonly bytes?: string }>[]
  const opening = vectors.find(({ name }) => name.startsWith('opening stream'))
  const stream = fromHex(opening?.expected.bytes ?? '')
  for (let at = 0; at <= stream.length; at++) {
    const { items } = decodeChunks(splitBytes(stream, at), { from: 'messages' })
    const types = items.map((item) => (item.kind === 'message' ? item.message.type : item.kind))
    expect(types).toStrictEqual(['extended', 'have-all', 'port', 'unchoke', 'keep-alive'])
  }
})

describe('the handshake', () => {
  test('its head is known from 48 bytes on, however they come', () => {
    for (const size of [1, 2, 7, 48]) {
      const decoder = new MessageDecoder()
      for (const chunk of cutBytes(HELLO.slice(0, 48), [size])) {
        expect(decoder.handshakeHead).toBeUndefined()
        expect(decoder.push(chunk)).toStrictEqual([])
      }
      expect(decoder.handshakeHead).toMatchObject({
        features: ['extension-protocol', 'dht', 'fast'],
        infoHash: new Uint8Array(20).fill(0xab),
      })
      expect(decoder.push(HELLO.slice(48))).toHaveLength(1)
    }
  })

  test.each([0, 1, 19, 20, 47, 48, 67])('cut off after %i bytes, it is pending', (length) => {
    const { items, decoder } = decodeChunks([HELLO.slice(0, length)])
    expect(items).toStrictEqual([])
    expect([decoder.pending, decoder.offset]).toStrictEqual([length, 0])
    expect(decoder.handshakeHead === undefined).toBe(length < 48)
  })

  test.each([false, true])('what follows does not overwrite it, borrowed memory: %s', (reuseBuffers) => {
    const unknown = fromHex('00000064 ff' + 'ee'.repeat(99))
    const stream = concat([HELLO, unknown, unknown, unknown, unknown])
    for (const size of [1, 7, 50]) {
      const { items, decoder } = decodeChunks(cutBytes(stream, [size]), { reuseBuffers })
      const [first] = items
      expect(first?.kind === 'handshake' && encodeHandshake(first.handshake)).toStrictEqual(HELLO)
      expect(decoder.handshakeHead?.infoHash).toStrictEqual(new Uint8Array(20).fill(0xab))
    }
  })

  test.each([
    { text: 'HTTP/1.1 400 Bad Request', code: 'E_NOT_BITTORRENT_HTTP', at: 0 },
    { text: 'SSH-2.0-OpenSSH', code: 'E_NOT_BITTORRENT_SSH', at: 0 },
    { text: '\x15\x03\x01\x00\x02\x02\x28', code: 'E_NOT_BITTORRENT_TLS', at: 0 },
    { text: '\x05\x00', code: 'E_NOT_BITTORRENT_SOCKS', at: 0 },
    { text: 'HTTQ', code: 'E_NOT_BITTORRENT', at: 0 },
    { text: '220 ftp.example ready', code: 'E_NOT_BITTORRENT', at: 0 },
    { text: '\x13BitTorrent protocoL', code: 'E_NOT_BITTORRENT', at: 19 },
  ])('of $text breaks the stream, named the same however it is cut', ({ text, code, at }) => {
    const bytes = encodeUtf8(text)
    for (const size of [1, 2, 3, 100]) {
      const { items, decoder } = decodeChunks(cutBytes(bytes, [size]), { offset: 700 })
      expect(items).toMatchObject([
        { kind: 'broken', offset: 700, length: 0, error: { code, offset: 700 + at } },
      ])
      expect(decoder.peekPending()[0]).toBe(bytes[0])
      expect(decoder.push(HELLO)).toStrictEqual([])
    }
  })
})

/** Largest length prefix that is read, by id; one more ends the stream. */
const LIMITS: readonly { name: string; id: number; limit: number }[] = [
  { name: 'bitfield', id: 5, limit: 2_097_152 },
  { name: 'piece', id: 7, limit: 2_097_152 },
  { name: 'extended', id: 20, limit: 2_097_152 },
  { name: 'hashes', id: 22, limit: 49 + 32 * (8192 + 64) },
  { name: 'have, malformed', id: 4, limit: 65_536 },
  { name: 'choke, malformed', id: 0, limit: 65_536 },
  { name: 'request, malformed', id: 6, limit: 65_536 },
  { name: 'hash-request, malformed', id: 21, limit: 65_536 },
  { name: 'unknown', id: 99, limit: 65_536 },
  { name: 'unknown 255', id: 255, limit: 65_536 },
]

describe.each(LIMITS)('a frame of $name', ({ id, limit }) => {
  const frame = (size: number): Uint8Array => {
    const bytes = new Uint8Array(4 + size)
    new DataView(bytes.buffer).setUint32(0, size)
    bytes[4] = id
    return bytes
  }

  test('at the limit is read, whole or in parts', () => {
    const bytes = frame(limit)
    const whole = decodeChunks([bytes], { from: 'messages' })
    expect(whole.items).toMatchObject([{ kind: 'message', offset: 0, length: 4 + limit }])
    for (const sizes of [
      [3, 2, 70_000],
      [4, 70_000],
      [5, 70_000],
    ]) {
      const parts = decodeChunks(cutBytes(bytes, sizes), { from: 'messages' })
      expect(parts.items).toMatchObject([{ kind: 'message', offset: 0, length: 4 + limit }])
    }
  })

  test('one above ends the stream at its length prefix, before its bytes come', () => {
    const start = concat([fromHex('00000000'), frame(limit + 1).slice(0, 5)])
    for (const size of [1, 4, 5, 8, 9]) {
      const { items, decoder } = decodeChunks(cutBytes(start, [size]), { from: 'messages', offset: 68 })
      const error = { code: 'E_FRAME_TOO_LARGE', offset: 72 }
      expect(items[1]).toMatchObject({ kind: 'broken', offset: 72, length: 0, error })
      expect(items).toHaveLength(2)
      expect([decoder.pending, decoder.offset]).toStrictEqual([0, 72])
      expect(decoder.push(fromHex('00000000'))).toStrictEqual([])
    }
  })
})

test('no more is held for an announced frame than for one block, until its bytes come', () => {
  const decoders = Array.from({ length: 200 }, () => new MessageDecoder({ from: 'messages' }))
  const before = process.memoryUsage().arrayBuffers
  // each announces 2 MiB, and sends a little of it
  const start = concat([fromHex('00200000 05'), new Uint8Array(100)])
  for (const decoder of decoders) decoder.push(start)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 40_000)
  expect(decoders.every(({ pending }) => pending === start.length)).toBe(true)
})

test('a batch tells the same as the items', () => {
  const stream = concat([HELLO, ...MESSAGE_ROWS.map(({ wire }) => fromHex(wire)), fromHex('80000000 00')])
  const { items } = decodeChunks([stream])
  const { handshake, messages, offsets, broken } = new MessageDecoder().pushBatch(stream)
  const rest = items.slice(1, -1)
  expect(items[0]).toStrictEqual({ kind: 'handshake', offset: 0, length: 68, handshake })
  expect(messages).toStrictEqual(rest.map((item) => (item.kind === 'message' ? item.message : item)))
  expect(offsets).toStrictEqual(rest.map(({ offset }) => offset))
  expect(items.at(-1)).toMatchObject({ kind: 'broken', error: { message: broken?.message } })
})

test('lists of messages are as long as what came, after longer and shorter ones', () => {
  const decoder = new MessageDecoder({ from: 'messages' })
  for (const count of [1000, 10, 2000, 1999, 0, 70]) {
    const { messages } = decoder.pushBatch(new Uint8Array(4 * count))
    expect(messages).toHaveLength(count)
  }
  const haves = concat(Array.from({ length: 70 }, () => fromHex('00000005 04 00000001')))
  decoder.pushBatch(new Uint8Array(4 * 1000))
  expect(decoder.pushBatch(haves).messages).toHaveLength(70)
})

/** Pushes blocks of so many bytes, cut, and says in which memory each of them was. */
function lendBlocks(decoder: MessageDecoder, lengths: readonly number[]): ArrayBufferLike[] {
  const stream = concat(
    lengths.map((length, piece) =>
      encodeMessage({ type: 'piece', piece, begin: 0, block: new Uint8Array(length).fill(piece) }),
    ),
  )
  const seen: number[] = []
  const buffers = cutBytes(stream, [15_000]).flatMap((chunk) =>
    decoder.pushBatch(chunk).messages.map((message) => {
      if (message.type !== 'piece') throw new Error(message.type)
      expect(message.block.every((byte) => byte === message.piece)).toBe(true)
      seen.push(message.piece)
      return message.block.buffer
    }),
  )
  expect(seen).toEqual(lengths.map((_, piece) => piece))
  return buffers
}

describe('borrowed memory', () => {
  test('outlives the call that returned it, and is used again by the one after', () => {
    const decoder = new MessageDecoder({ from: 'messages', reuseBuffers: true })
    expect(new Set(lendBlocks(decoder, Array(4).fill(20_000))).size).toBeLessThan(4)
  })

  test('of large frames is used again while they follow each other, and let go after', () => {
    const decoder = new MessageDecoder({ from: 'messages', reuseBuffers: true })
    const large = new Set(lendBlocks(decoder, Array(8).fill(150_000)))
    expect(large.size).toBeLessThan(3)
    decoder.pushBatch(new Uint8Array(4))
    for (const buffer of lendBlocks(decoder, [150_000, 150_000])) expect(large).not.toContain(buffer)
  })

  test('of a large frame is let go after small ones in short chunks', () => {
    const decoder = new MessageDecoder({ from: 'messages', reuseBuffers: true })
    const large = new Set(lendBlocks(decoder, Array(4).fill(150_000)))
    for (const chunk of cutBytes(fromHex('00000005 04 00000009'.repeat(3)), [7])) decoder.pushBatch(chunk)
    for (const buffer of lendBlocks(decoder, [150_000, 150_000])) expect(large).not.toContain(buffer)
  })

  test('is used again for large frames that drip', () => {
    const decoder = new MessageDecoder({ from: 'messages', reuseBuffers: true })
    const buffers = new Set<ArrayBufferLike>()
    const block = encodeMessage({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(70_000) })
    for (const chunk of cutBytes(concat(Array(6).fill(block)), [1]))
      for (const message of decoder.pushBatch(chunk).messages)
        if (message.type === 'piece') buffers.add(message.block.buffer)
    expect(buffers.size).toBe(1)
  })

  test('is borrowed only on request', () => {
    const decoder = new MessageDecoder({ from: 'messages' })
    expect(new Set(lendBlocks(decoder, Array(4).fill(20_000))).size).toBe(4)
  })
})

describe('memory that may be kept', () => {
  const FRAME = 13 + 16_384

  test('split blocks that follow each other share arrays of at most 256 KiB and one frame', () => {
    const decoder = new MessageDecoder({ from: 'messages' })
    // chunks of 15 000 bytes split every block
    const arrays = new Set(lendBlocks(decoder, Array(64).fill(16_384)))
    expect([...arrays].every(({ byteLength }) => byteLength <= 16 * FRAME)).toBe(true)
    expect(arrays.size).toBeLessThan(10)
    expect(decoder.memory).toBeLessThanOrEqual(17 * FRAME)
  })

  test('nothing is reserved for more blocks once a chunk ends with one', () => {
    const decoder = new MessageDecoder({ from: 'messages' })
    const block = encodeMessage({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(16_384) })
    for (const chunk of cutBytes(concat(Array(15).fill(block)), [15_000])) decoder.push(chunk)
    expect(decoder.pending).toBe(0)
    expect(decoder.memory).toBeLessThan(1000)
  })

  test('small split messages that follow each other share nothing', () => {
    const decoder = new MessageDecoder({ from: 'messages' })
    const small = encodeMessage({ type: 'extended', id: 1, payload: new Uint8Array(1000) })
    const items = cutBytes(concat(Array(8).fill(small)), [700]).flatMap((chunk) => decoder.push(chunk))
    const messages = items.flatMap((item) => (item.kind === 'message' ? [item.message] : []))
    const lengths = messages.map(
      (message) => message.type === 'extended' && message.payload.buffer.byteLength,
    )
    expect(lengths).toStrictEqual(Array(8).fill(small.length))
  })
})
