import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { PeerError } from '../../../../src/base/errors.ts'
import { MessagesEvent } from '../../../../src/session/peer/messages-event.ts'
import type { SessionEvent } from '../../../../src/session/peer/step.ts'
import { extensionName, traceSessionEvent, traceSteps } from '../../../../src/session/peer/trace.ts'
import { readExtensionHandshake } from '../../../../src/trace/extension-handshake.ts'
import { decodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import { encodedLength, type Message } from '../../../../src/wire/message/message.ts'
import { EXTENSION_HANDSHAKE, theirHandshake } from '../../../support/sessions/session.ts'

const NAMES = { received: (id: number) => (id === 3 ? 'ut_pex' : undefined), sent: () => 'other' }

function received(...messages: readonly Message[]): SessionEvent {
  const end = messages.reduce((sum, message) => sum + encodedLength(message), 68)
  return new MessagesEvent(5, 'received', messages, 68, end)
}

test('a handshake', () => {
  const handshake = decodeHandshake(theirHandshake())
  const { reserved, features, infoHash, peerId } = handshake
  const plain = { reserved: toHex(reserved), features, infoHash: toHex(infoHash), peerId: toHex(peerId) }
  expect(traceSessionEvent({ at: 2, type: 'handshake-sent', handshake }, NAMES)).toStrictEqual([
    { at: 2, type: 'sent', what: 'handshake', offset: 0, length: 68, handshake: plain },
  ])
})

test('messages, each with its place, without block data', () => {
  const block = new Uint8Array(16_384)
  const bits = fromHex('f0')
  const messages: Message[] = [
    { type: 'bitfield', bits },
    { type: 'piece', piece: 1, begin: 2, block },
    { type: 'unknown', id: 99, payload: fromHex('0102') },
    {
      type: 'malformed',
      id: 4,
      payload: fromHex('00'),
      reason: 'have: expected a payload of 4 bytes, got 1',
    },
    { type: 'extended', id: 3, payload: fromHex('6465') },
    { type: 'extended', id: 4, payload: new Uint8Array() },
    { type: 'have', piece: 7 },
  ]
  const events = traceSessionEvent(received(...messages), NAMES)
  bits[0] = 0
  expect(events.map((event) => ('message' in event ? event.message : event))).toStrictEqual([
    { type: 'bitfield', bits: 'f0' },
    { type: 'piece', piece: 1, begin: 2, length: 16_384 },
    { type: 'unknown', id: 99, length: 2 },
    { type: 'malformed', id: 4, length: 1, reason: 'have: expected a payload of 4 bytes, got 1' },
    {
      type: 'extended',
      id: 3,
      extension: 'ut_pex',
      length: 2,
      defects: { type: 'pex', issues: [{ kind: 'empty', key: '', detail: expect.any(String) }] },
    },
    { type: 'extended', id: 4, extension: null, length: 0 },
    { type: 'have', piece: 7 },
  ])
  expect(events.slice(0, 3)).toMatchObject([
    { at: 5, offset: 68, length: 6 },
    { offset: 74, length: 16_397 },
    { offset: 16_471, length: 7 },
  ])
})

test('an extension handshake is kept as it came, and read where it is needed', () => {
  const events = traceSessionEvent(
    received(EXTENSION_HANDSHAKE, { type: 'extended', id: 0, payload: fromHex('69') }),
    NAMES,
  )
  const messages = events.flatMap((event) => ('message' in event ? [event.message] : []))
  expect(messages[1]).toStrictEqual({ type: 'extended', id: 0, extension: null, length: 1, payload: '69' })
  expect(messages.map(readExtensionHandshake)).toMatchObject([
    { ok: true, value: { client: 'peer 1' } },
    { ok: false, reason: expect.any(String) },
  ])
})

test.each([
  ['d8:msg_typei0e5:piecei3ee', { metadata: { kind: 'request', piece: 3 } }],
  ['d8:msg_typei1e5:piecei0e10:total_sizei9eeinfo', { metadata: { kind: 'data', piece: 0, totalSize: 9 } }],
  ['d8:msg_typei2e5:piecei3ee', { metadata: { kind: 'reject', piece: 3 } }],
  ['d8:msg_typei9ee', {}],
  [
    'd8:msg_typei2e5:piecei3eex',
    { defects: { type: 'malformed', reason: '1 bytes after the dictionary', offset: 25 } },
  ],
])('ut_metadata, read as far as rules need it: %s', (text, read) => {
  const names = { received: () => 'ut_metadata', sent: () => undefined }
  const payload = new TextEncoder().encode(text)
  const [event] = traceSessionEvent(received({ type: 'extended', id: 2, payload }), names)
  expect(event).toMatchObject({ message: { extension: 'ut_metadata', ...read } })
})

test('a failure is traced, apart from a stream that broke', () => {
  const broken = new PeerError('E_FRAME_TOO_LARGE', 'too large', { offset: 68 })
  expect(traceSessionEvent({ at: 1, type: 'failed', error: broken }, NAMES)).toStrictEqual([
    { at: 1, type: 'broken', error: { code: 'E_FRAME_TOO_LARGE', message: 'too large', offset: 68 } },
  ])
  const late = new PeerError('E_HANDSHAKE_TIMEOUT', 'late')
  expect(traceSessionEvent({ at: 1, type: 'failed', error: late }, NAMES)).toStrictEqual([
    { at: 1, type: 'failed', error: { code: 'E_HANDSHAKE_TIMEOUT', message: 'late' } },
  ])
})

test('the name of an id in m', () => {
  const m = new Map([
    ['ut_pex', 1],
    ['ut_metadata', 2],
  ])
  expect([extensionName(m, 2), extensionName(m, 3), extensionName(undefined, 2)]).toStrictEqual([
    'ut_metadata',
    undefined,
    undefined,
  ])
})

test('a run of requests or blocks is one step, and as many events', () => {
  const block = new Uint8Array(3)
  const request = { type: 'request', piece: 1, begin: 0, length: 3 } as const
  const messages: readonly Message[] = [
    { type: 'piece', piece: 1, begin: 0, block },
    { type: 'piece', piece: 1, begin: 3, block },
    { type: 'have', piece: 7 },
    request,
    request,
    { type: 'piece', piece: 1, begin: 6, block },
  ]
  const event = received(...messages)
  const steps = traceSteps(event, 9, NAMES)
  const run = { at: 9, type: 'received', what: 'transfers' }
  // of the requests of a peer, rules see each one
  expect(steps.map((step) => ('what' in step ? step.what : step.type))).toStrictEqual([
    'transfers',
    'message',
    'message',
    'message',
    'transfers',
  ])
  expect(steps[0]).toStrictEqual({
    ...run,
    offset: 68,
    length: 32,
    blocks: [
      { piece: 1, begin: 0, length: 3 },
      { piece: 1, begin: 3, length: 3 },
    ],
  })
  const events = traceSessionEvent(event, NAMES)
  expect(events.map((traced) => ('offset' in traced ? traced.offset : undefined))).toStrictEqual(
    'offsets' in event ? event.offsets : [],
  )
  expect(traceSteps({ ...event, type: 'sent' } as SessionEvent, 9, NAMES)).toHaveLength(5)
})
