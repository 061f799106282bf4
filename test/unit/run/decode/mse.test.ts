import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import type { DecodeReport } from '../../../../src/report/model/decode.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { HANDSHAKE_LENGTH } from '../../../../src/wire/handshake/handshake.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import type { CryptoMethod } from '../../../../src/wire/mse/keys.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { randomLooking } from '../../../support/captures/captured-session.ts'
import { converse, initiator, responder } from '../../../support/mse/mse-pair.ts'
import { captureOf } from '../../../support/sessions/observed.ts'
import { OUR_ID, theirHandshake } from '../../../support/sessions/session.ts'

/** What a capture says of connections that begin with the encryption handshake (MSE). */

const HELLO = theirHandshake(undefined, { peerId: OUR_ID })

const GREETING: readonly Message[] = [
  { type: 'bitfield', bits: Uint8Array.of(0xff) },
  { type: 'interested' },
  { type: 'request', piece: 1, begin: 0, length: 16_384 },
]

const ANSWER: readonly Message[] = [
  { type: 'have-all' },
  { type: 'unchoke' },
  { type: 'piece', piece: 1, begin: 0, block: new Uint8Array(16_384) },
]

interface MseCapture {
  readonly method: CryptoMethod
  readonly transport?: 'tcp' | 'utp'
  /** Whether the initiator sends its handshake as the encrypted initial payload. */
  readonly isHidden?: boolean
  /** Lengths of PadA and PadC, and of PadB and PadD. */
  readonly pads?: readonly [number, number]
  /** Longest piece of a stream that is in one packet. */
  readonly cut?: number
  readonly without?: 'local' | 'remote'
}

function captureWithMse(options: MseCapture): Uint8Array {
  const { method, transport = 'tcp', isHidden = false, pads = [0, 0], cut = 1400, without } = options
  const { a, b } = converse(
    initiator({ provide: [method], initialPayload: isHidden ? HELLO : new Uint8Array() }, pads),
    responder({ allow: [method] }, pads),
  )
  const [key, provide] = [a.sent.slice(0, 1), a.sent.slice(1)]
  const [theirKey, select] = [b.sent.slice(0, 1), b.sent.slice(1)]
  const encrypt = (side: typeof a, bytes: Uint8Array) => side.established?.stream.encrypt(bytes) ?? bytes
  const asked = concat([isHidden ? new Uint8Array() : HELLO, encodeMessages(GREETING)])
  const talk = [
    { from: 'local', bytes: concat(key) },
    { from: 'remote', bytes: concat(theirKey) },
    { from: 'local', bytes: concat(provide) },
    // a client answers with all at once
    { from: 'remote', bytes: concat([...select, encrypt(b, theirHandshake())]) },
    { from: 'local', bytes: encrypt(a, asked) },
    { from: 'remote', bytes: encrypt(b, encodeMessages(ANSWER)) },
  ] as const
  return captureOf((open) => {
    const connection = open({ transport })
    let at = 1010
    for (const { from, bytes } of talk) {
      if (from === without) continue
      for (let start = 0; start < bytes.length; start += cut)
        connection.data(at++, from, bytes.subarray(start, start + cut))
      connection.flush(at)
    }
    connection.closed(at, { by: 'us', kind: 'fin' })
  })
}

const only = ({ capture }: DecodeReport) => capture?.connections[0]

describe.each(['tcp', 'utp'] as const)('plaintext after MSE over %s', (transport) => {
  test.each([
    ['the shortest pads', { pads: [0, 0] }],
    ['the longest pads', { pads: [512, 512] }],
    ['a byte in each packet', { pads: [77, 300], cut: 1 }],
  ] as const)('is read, with %s', async (_, options) => {
    const events: TraceEvent[] = []
    const capture = captureWithMse({ method: 'plaintext', transport, ...options })
    const report = await decodeBytes(capture, { trace: (event) => events.push(event) })
    expect(only(report)).toMatchObject({
      protocol: 'bittorrent',
      encryption: 'mse-plaintext',
      handshakeHidden: false,
      losses: 0,
      messages: {
        sent: { bitfield: 1, interested: 1, request: 1 },
        received: { 'have-all': 1, unchoke: 1, piece: 1 },
      },
    })
    expect(report.report).toMatchObject({
      session: { transport, encryption: 'mse-plaintext' },
      attempts: [{ encryption: 'mse-plaintext', outcome: 'ok' }],
      handshake: { protocol: 'BitTorrent protocol' },
    })
    const [padA, padC] = options.pads
    const handshakes = events.filter((event) => 'what' in event && event.what === 'handshake')
    expect(handshakes).toMatchObject([
      { type: 'received', offset: 96 + padA + 14 + padC, length: HANDSHAKE_LENGTH },
      { type: 'sent', offset: 96 + padA + 40 + 16 + padC, length: HANDSHAKE_LENGTH },
    ])
  })

  test('is read where the handshake of the initiator is encrypted, and nothing is judged', async () => {
    const report = await decodeBytes(
      captureWithMse({ method: 'plaintext', transport, isHidden: true, pads: [9, 99] }),
    )
    expect(only(report)).toMatchObject({
      encryption: 'mse-plaintext',
      handshakeHidden: true,
      initiatorClient: null,
      losses: 0,
      messages: { sent: { bitfield: 1, interested: 1, request: 1 }, received: { piece: 1 } },
    })
    expect(report.report).toMatchObject({ findings: [], identity: { byBehaviour: null } })
  })

  test('is read of one side where the other is not in the capture', async () => {
    const remote = await decodeBytes(captureWithMse({ method: 'plaintext', transport, without: 'local' }))
    expect(only(remote)).toMatchObject({
      encryption: 'mse-plaintext',
      messages: { sent: {}, received: { piece: 1 } },
    })
    const local = await decodeBytes(captureWithMse({ method: 'plaintext', transport, without: 'remote' }))
    expect(only(local)).toMatchObject({
      encryption: 'mse-plaintext',
      messages: { sent: { request: 1 }, received: {} },
    })
  })

  test.each([false, true])('RC4 stays encrypted (handshake in the initial payload: %s)', async (isHidden) => {
    const report = await decodeBytes(captureWithMse({ method: 'rc4', transport, isHidden, pads: [300, 300] }))
    expect(only(report)).toMatchObject({ protocol: 'encrypted', encryption: null, handshakeHidden: false })
    expect(report.report).toBeNull()
  })
})

test('a handshake far into random bytes does not follow MSE', async () => {
  const late = concat([randomLooking(1, 1500), theirHandshake(), encodeMessages(ANSWER)])
  const report = await decodeBytes(
    captureOf((open) => {
      const connection = open()
      connection.data(1010, 'local', randomLooking(2, 1500))
      connection.data(1020, 'remote', late)
    }),
  )
  expect(only(report)).toMatchObject({ protocol: 'encrypted' })
})

test('random bytes as the answer to a handshake are another protocol', async () => {
  const report = await decodeBytes(
    captureOf((open) => {
      const connection = open()
      connection.data(1010, 'remote', randomLooking(1, 120))
      connection.data(1020, 'local', HELLO)
      connection.data(1030, 'remote', concat([randomLooking(3, 20), theirHandshake()]))
    }),
  )
  expect(report).toMatchObject({ exitCode: 4, error: { code: 'E_NOT_BITTORRENT' } })
  expect(only(report)).toMatchObject({ protocol: 'bittorrent', encryption: 'plaintext' })
})
