import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { PayloadCutter } from '../../../../src/session/capture/payload-cutter.ts'
import { encodeMessage, type Message } from '../../../../src/wire/message/message.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

const MOST = 100
const request: Message = { type: 'request', piece: 1, begin: 0, length: 16_384 }
const block = (length: number): Message => ({
  type: 'piece',
  piece: 1,
  begin: 0,
  block: new Uint8Array(length).fill(7),
})

/** The lengths of the payloads that chunks become. */
function lengths(chunks: readonly Uint8Array[]): readonly (readonly number[])[] {
  const cutter = new PayloadCutter()
  return chunks.map((chunk) => cutter.cut(chunk, MOST).map((payload) => payload.length))
}

const wire = (...messages: readonly Message[]) => concat(messages.map((message) => encodeMessage(message)))

test('messages that fit are together, and one that does not begins the next packet', () => {
  expect(lengths([concat([theirHandshake(), wire(request, request)])])).toStrictEqual([[85, 17]])
  expect(lengths([concat([theirHandshake(), wire(request, { type: 'unchoke' }, request)])])).toStrictEqual([
    [90, 17],
  ])
})

test('a message that needs several packets begins one, and the next message too', () => {
  expect(lengths([wire(block(170), block(10))])).toStrictEqual([[100, 83, 23]])
  expect(lengths([wire(block(75), block(75))])).toStrictEqual([[88, 88]])
  expect(lengths([wire(block(80), block(75))])).toStrictEqual([[93, 88]])
  expect(lengths([wire(request, block(100), request)])).toStrictEqual([[100, 30, 17]])
})

test('a head of which a part has come is held back until the rest comes', () => {
  const bytes = wire(block(50), block(50))
  expect(lengths([bytes.subarray(0, 67), bytes.subarray(67, 70), bytes.subarray(70)])).toStrictEqual([
    [63],
    [],
    [63],
  ])
  const cutter = new PayloadCutter()
  cutter.cut(bytes.subarray(0, 67), MOST)
  expect(cutter.rest()).toStrictEqual(bytes.slice(63, 67))
  expect(cutter.rest()).toHaveLength(0)
})

test('what is not BitTorrent is cut at the limit', () => {
  expect(lengths([new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(8))])).toStrictEqual([
    [100, 100, 24],
  ])
})

describe('whatever the stream and its chunks', () => {
  const messages = fc.array(
    fc.constantFrom<Message>(
      request,
      { type: 'keep-alive' },
      { type: 'have', piece: 3 },
      block(0),
      block(90),
      block(300),
    ),
  )
  const noise = fc.uint8Array({ maxLength: 60 })
  const streams = fc
    .tuple(fc.boolean(), messages, noise)
    .map(([isGreeted, list, tail]) =>
      concat([isGreeted ? theirHandshake() : new Uint8Array(), wire(...list), tail]),
    )

  test('no byte is lost, no payload is too long or empty', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.integer({ min: 1, max: 250 }), { minLength: 1 }), (stream, sizes) => {
        const cutter = new PayloadCutter()
        const payloads: Uint8Array[] = []
        let at = 0
        for (let i = 0; at < stream.length; i++) {
          const chunk = stream.slice(at, at + (sizes[i % sizes.length] ?? 1))
          payloads.push(...cutter.cut(chunk, MOST).map((payload) => payload.slice()))
          chunk.fill(0xee)
          at += chunk.length
        }
        const lengthsSeen = payloads.map(({ length }) => length)
        expect(Math.max(0, ...lengthsSeen)).toBeLessThanOrEqual(MOST)
        expect(lengthsSeen).not.toContain(0)
        expect(concat([...payloads, cutter.rest()])).toStrictEqual(stream)
      }),
    )
  })
})
