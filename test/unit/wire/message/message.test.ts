import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { describeMessageId, MessageId, type MessageName } from '../../../../src/wire/message/id.ts'
import {
  decodeMessage,
  encodedLength,
  encodeMessage,
  encodeMessages,
  encodeRequests,
  writeMessage,
  type Message,
} from '../../../../src/wire/message/message.ts'
import { encodePieceParts } from '../../../../src/wire/message/parts.ts'
import { MESSAGE_ROWS } from '../../../support/wire/message-rows.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

interface MessageExpected {
  readonly bytes?: string
  readonly error?: string
}

const vectors = readVectors('message') as readonly Vector<{ readonly bytes?: string }, MessageExpected>[]
const accepted = vectors.filter(
  ({ name, expected }) => expected.bytes !== undefined && !name.startsWith('opening'),
)
const rows = new Map(MESSAGE_ROWS.map((row) => [row.wire.replaceAll(' ', ''), row]))

describe.each(MESSAGE_ROWS)('$name', ({ wire, message }) => {
  const bytes = fromHex(wire)

  test('decodes', () => {
    expect(decodeMessage(bytes.subarray(4))).toStrictEqual(message)
  })

  test('encodes', () => {
    expect(toHex(encodeMessage(message))).toBe(toHex(bytes))
    expect(encodedLength(message)).toBe(bytes.length)
  })
})

test.each(accepted)('the vector "$name" is one of the rows', ({ expected }) => {
  expect(rows.has(expected.bytes ?? '')).toBe(true)
})

test.each(vectors.filter(({ name }) => /^frame reject: (?!length)/.test(name)))('$name', ({ input }) => {
  const bytes = fromHex(input.bytes ?? '')
  expect(decodeMessage(bytes.subarray(4))).toMatchObject({ type: 'malformed', id: bytes[4] })
})

/** Payload bytes of each message of one exact length. */
const EXACT: Readonly<Partial<Record<MessageName, number>>> = {
  choke: 0,
  unchoke: 0,
  interested: 0,
  'not-interested': 0,
  have: 4,
  request: 12,
  cancel: 12,
  port: 2,
  suggest: 4,
  'have-all': 0,
  'have-none': 0,
  reject: 12,
  'allowed-fast': 4,
  'hash-request': 48,
  'hash-reject': 48,
}

test.each(Object.entries(EXACT) as [MessageName, number][])('%s has one length', (name, size) => {
  for (let other = 0; other < 60; other++) {
    const payload = new Uint8Array(other)
    const message = decodeMessage(Uint8Array.of(MessageId[name], ...payload))
    if (other === size) {
      expect(message.type).toBe(name)
    } else {
      const reason = `${name}: expected a payload of ${size} bytes, got ${other}`
      expect(message).toStrictEqual({ type: 'malformed', id: MessageId[name], payload, reason })
    }
  }
})

test.each([
  { name: 'piece', fewest: 8 },
  { name: 'bitfield', fewest: 0 },
  { name: 'extended', fewest: 1 },
  { name: 'hashes', fewest: 48 },
] as const)('$name has a payload of at least $fewest bytes', ({ name, fewest }) => {
  const body = new Uint8Array(1 + fewest).fill(MessageId[name], 0, 1)
  expect(decodeMessage(body).type).toBe(name)
  if (fewest === 0) return
  expect(decodeMessage(body.subarray(0, fewest))).toMatchObject({
    type: 'malformed',
    reason: expect.stringMatching(
      new RegExp(`^${name}: expected a payload of ${fewest} to \\d+ bytes, got ${fewest - 1}$`),
    ),
  })
})

test('every id that no BEP defines is unknown, with any payload', () => {
  const defined: ReadonlySet<number> = new Set(Object.values(MessageId))
  for (let id = 0; id < 256; id++) {
    const message = decodeMessage(Uint8Array.of(id, 1, 2, 3))
    expect(message.type === 'unknown').toBe(!defined.has(id))
    expect(describeMessageId(id) === undefined).toBe(!defined.has(id))
  }
})

test('decoded bytes share memory with the frame', () => {
  const frame = fromHex('07 00000001 00000002 aabb')
  const message = decodeMessage(frame)
  frame[9] = 0xcc
  expect(message).toMatchObject({ block: fromHex('ccbb') })
})

test('messages are encoded one behind the other', () => {
  const messages = MESSAGE_ROWS.map(({ message }) => message)
  const wire = MESSAGE_ROWS.map((row) => row.wire.replaceAll(' ', '')).join('')
  expect(toHex(encodeMessages(messages))).toBe(wire)
  expect(encodeMessages([])).toHaveLength(0)
})

test('requests in a batch are the same bytes as one by one', () => {
  const ranges = [
    { piece: 0, begin: 0, length: 16_384 },
    { piece: 4_294_967_295, begin: 4_294_967_295, length: 1 },
    { piece: 1059, begin: 16_384, length: 0 },
  ]
  const messages = ranges.map((range): Message => ({ type: 'request', ...range }))
  expect(toHex(encodeRequests(ranges))).toBe(toHex(encodeMessages(messages)))
})

test('a message is written where it fits to the byte, and refused where it lacks one', () => {
  const have: Message = { type: 'have', piece: 1 }
  const bytes = new Uint8Array(10)
  expect(writeMessage(bytes, 1, have)).toBe(10)
  expect(toHex(bytes)).toBe('00000000050400000001')
  expect(() => writeMessage(bytes, 2, have)).toThrow(RangeError)
  expect(() => writeMessage(new Uint8Array(3), 0, { type: 'keep-alive' })).toThrow(RangeError)
})

test.each([[], [0], [1], [16_384], [16_384, 0, 5]])(
  'blocks of %j bytes in parts are their messages, uncopied',
  (...lengths) => {
    const messages = lengths.map((length, i) => ({
      type: 'piece' as const,
      piece: 0xfffffffe - i,
      begin: 16_384 * i,
      block: new Uint8Array(length).fill(i + 1),
    }))
    const parts = encodePieceParts(messages)
    expect(concat(parts)).toStrictEqual(encodeMessages(messages))
    expect(parts.filter((_, i) => i % 2 === 1)).toStrictEqual(messages.map(({ block }) => block))
    for (const [i, { block }] of messages.entries()) expect(parts[2 * i + 1]).toBe(block)
  },
)
