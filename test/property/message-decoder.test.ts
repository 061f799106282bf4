import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, toHex } from '../../src/base/bytes.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { MessageDecoder, type WireItem } from '../../src/wire/message/decoder.ts'
import { copyMessage } from '../../src/wire/message/copy.ts'
import { decodeMessage, encodeMessage, encodeMessages } from '../../src/wire/message/message.ts'
import { cutBytes, decodeChunks } from '../support/wire/decode-chunks.ts'
import { anyFrame, chunkSizes, readableMessage, stream } from '../support/wire/wire-arbitraries.ts'

test('how a stream is cut never changes what comes out', () => {
  fc.assert(
    fc.property(stream, chunkSizes, (bytes, sizes) => {
      const whole = decodeChunks([bytes])
      for (const cut of [sizes, [1], [7]]) {
        const parts = decodeChunks(cutBytes(bytes, cut))
        expect(parts.items.map(comparable)).toStrictEqual(whole.items.map(comparable))
        expect(parts.decoder.offset).toBe(whole.decoder.offset)
        expect(parts.decoder.handshakeHead).toStrictEqual(whole.decoder.handshakeHead)
      }
    }),
    { numRuns: 300 },
  )
})

test('items cover the stream without gaps, only the last is broken, and encoding them gives its bytes', () => {
  fc.assert(
    fc.property(stream, chunkSizes, (bytes, sizes) => {
      const { items, decoder } = decodeChunks(cutBytes(bytes, sizes))
      let at = 0
      const again: Uint8Array[] = []
      for (const [index, item] of items.entries()) {
        expect(item.offset).toBe(at)
        at += item.length
        if (item.kind === 'broken') expect(index).toBe(items.length - 1)
        if (item.kind === 'message') again.push(encodeMessage(item.message))
        if (item.kind === 'handshake') again.push(encodeHandshake(item.handshake))
      }
      expect(decoder.offset).toBe(at)
      expect(toHex(concat(again))).toBe(toHex(bytes.subarray(0, at)))
      const broken = items.at(-1)?.kind === 'broken'
      if (!broken) expect(toHex(decoder.peekPending())).toBe(toHex(bytes.subarray(at)))
    }),
    { numRuns: 300 },
  )
})

test('batches tell the same as items', () => {
  fc.assert(
    fc.property(stream, chunkSizes, (bytes, sizes) => {
      const decoder = new MessageDecoder()
      const items: WireItem[] = []
      for (const chunk of cutBytes(bytes, sizes)) {
        const { handshake, messages, offsets, broken } = decoder.pushBatch(chunk)
        expect(offsets).toHaveLength(messages.length)
        if (handshake !== undefined) items.push({ kind: 'handshake', offset: 0, length: 68, handshake })
        for (const [i, message] of messages.entries()) {
          const length = encodeMessage(message).length
          items.push({ kind: 'message', offset: offsets[i] ?? -1, length, message })
        }
        if (broken !== undefined)
          items.push({ kind: 'broken', offset: decoder.offset, length: 0, error: broken })
      }
      expect(items.map(comparable)).toStrictEqual(decodeChunks([bytes]).items.map(comparable))
    }),
  )
})

test('copies of borrowed memory outlive the memory of every chunk and of every frame', () => {
  fc.assert(
    fc.property(fc.array(readableMessage), chunkSizes, (messages, sizes) => {
      const decoder = new MessageDecoder({ from: 'messages', reuseBuffers: true })
      const kept = cutBytes(encodeMessages(messages), sizes).flatMap((chunk) => {
        const copies = decoder.pushBatch(chunk).messages.map(copyMessage)
        chunk.fill(0xee)
        return copies
      })
      expect(kept).toEqual(messages)
    }),
    { numRuns: 300 },
  )
})

test('what decodes is what was encoded', () => {
  fc.assert(
    fc.property(fc.array(readableMessage), chunkSizes, (messages, sizes) => {
      const { items } = decodeChunks(cutBytes(encodeMessages(messages), sizes), { from: 'messages' })
      expect(items.map((item) => item.kind === 'message' && item.message)).toEqual(messages)
    }),
    { numRuns: 200 },
  )
})

test('any frame survives decoding and encoding, malformed or not', () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      expect(toHex(encodeMessage(decodeMessage(frame.subarray(4))))).toBe(toHex(frame))
    }),
    { numRuns: 1000 },
  )
})

function comparable(item: WireItem): unknown {
  if (item.kind !== 'broken') return item
  const { code, message, offset, reference } = item.error
  return { ...item, error: { code, message, offset, reference } }
}
