import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { ConnectionObserver } from '../../../../src/session/observe/observer.ts'
import { ConnectionTable } from '../../../../src/session/observe/connection-table.ts'
import { eventsOf } from '../../../../src/trace/transfers.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import type { CapturedPacket } from '../../../../src/wire/capture/packet.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { packetsOf } from '../../../support/sessions/observed.ts'
import { OUR_ID, theirHandshake } from '../../../support/sessions/session.ts'

interface Seen {
  readonly observer: ConnectionObserver
  readonly events: readonly TraceEvent[]
  readonly lost: readonly unknown[]
}

function observeOne(packets: readonly CapturedPacket[]): Seen {
  const events: TraceEvent[] = []
  const lost: unknown[] = []
  let observer: ConnectionObserver | undefined
  const table = new ConnectionTable((connection) => {
    const sink = {
      step: (step: Parameters<typeof eventsOf>[0]) => events.push(...eventsOf(step)),
      lost: (_at: number, from: string, loss: object) => lost.push({ from, ...loss }),
    }
    observer = new ConnectionObserver(connection, sink, undefined)
    for (const step of observer.opening) sink.step(step)
    return observer
  })
  for (const packet of packets) table.packet(packet)
  table.end()
  if (observer === undefined) throw new Error('no connection')
  return { observer, events, lost }
}

const hello = theirHandshake(undefined, { peerId: OUR_ID })
const extended = (m: Readonly<Record<string, number>>): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ client: 'x', extensions: new Map(Object.entries(m)) }),
})

/** A session in which each side uses the ids of the other. */
const session = packetsOf((open) => {
  const connection = open()
  connection.data(1010, 'local', hello)
  connection.data(
    1020,
    'remote',
    concat([theirHandshake(), encodeMessages([extended({ ut_metadata: 3 }), { type: 'have-all' }])]),
  )
  const ask: Message = {
    type: 'extended',
    id: 3,
    payload: new TextEncoder().encode('d8:msg_typei0e5:piecei0ee'),
  }
  connection.data(
    1030,
    'local',
    encodeMessages([extended({ ut_pex: 7 }), ask, { type: 'request', piece: 1, begin: 0, length: 9 }]),
  )
  const pex: Message = { type: 'extended', id: 7, payload: new TextEncoder().encode('de') }
  connection.data(
    1040,
    'remote',
    encodeMessages([pex, { type: 'piece', piece: 1, begin: 0, block: new Uint8Array(9) }]),
  )
  connection.closed(1050, { by: 'peer', kind: 'fin' })
})

test('a captured session is the trace that the initiator would have written', () => {
  const { events, observer, lost } = observeOne(session)
  expect(
    events.map((event) => {
      if (event.type !== 'sent' && event.type !== 'received') return `${event.at} ${event.type}`
      if (event.what === 'handshake') return `${event.at} ${event.type} handshake`
      const { message } = event
      const name = message.type === 'extended' ? ` ${message.extension ?? ''}` : ''
      return `${event.at} ${event.type} ${message.type}${name} at ${event.offset}`
    }),
  ).toMatchInlineSnapshot(`
    [
      "0 peer",
      "0 attempt",
      "0 connected",
      "10 sent handshake",
      "20 received handshake",
      "20 received extended  at 68",
      "20 received have-all at 104",
      "30 sent extended  at 68",
      "30 sent extended ut_metadata at 98",
      "30 sent request at 129",
      "40 received extended ut_pex at 109",
      "40 received piece at 117",
      "50 closed",
    ]
  `)
  expect(events[0]).toMatchObject({ host: '198.51.100.9', port: 6881, input: '198.51.100.9:6881' })
  expect(events.at(-1)).toMatchObject({ by: 'peer', kind: 'fin', phase: 'choking', pending: 0 })
  expect(observer).toMatchObject({ protocol: 'bittorrent', isOpen: true, phase: 'choking' })
  expect(observer.end?.bytesSent).toBe(observer.streams.initiator.received)
  expect(Object.fromEntries(observer.counts.responder)).toStrictEqual({
    extended: 2,
    'have-all': 1,
    piece: 1,
  })
  expect(lost).toStrictEqual([])
})

describe('what is not a session', () => {
  const only = (local: Uint8Array, remote: Uint8Array) =>
    observeOne(
      packetsOf((open) => {
        const connection = open()
        connection.data(1010, 'local', local)
        connection.data(1020, 'remote', remote)
      }),
    ).observer
  let state = 1
  const random = () => Uint8Array.from({ length: 200 }, () => (state = (state * 48_271) % 0x7fffffff) >> 8)
  const text = new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n'.repeat(4))

  test('two streams of random bytes are encrypted, one is not enough', () => {
    expect(only(random(), random()).protocol).toBe('encrypted')
    expect(only(random(), text).protocol).toBe('other')
    expect(only(text, text).protocol).toBe('other')
    expect(only(new Uint8Array(), new Uint8Array()).protocol).toBe('unknown')
  })

  test('an answer that is not BitTorrent fails the session', () => {
    const observer = only(hello, text)
    expect(observer.errors.responder).toMatchObject({ code: 'E_NOT_BITTORRENT_HTTP', offset: 0 })
    expect(observer).toMatchObject({ protocol: 'bittorrent', isOpen: false, phase: 'handshake' })
  })
})

test('a loss is reported with its side and place', () => {
  const blocks = encodeMessages(
    [1, 2, 3].map((piece) => ({ type: 'piece', piece, begin: 0, block: new Uint8Array(16_384).fill(7) })),
  )
  const packets = packetsOf((open) => {
    const connection = open()
    connection.data(1010, 'local', hello)
    connection.data(1020, 'remote', theirHandshake())
    connection.data(1030, 'remote', blocks)
  })
  const isFull = ({ bytes }: CapturedPacket) => bytes.length > 1500
  // the first segment of the first block, with its head
  const { lost, observer } = observeOne(packets.filter((packet) => packet !== packets.find(isFull)))
  expect(lost).toStrictEqual([{ from: 'responder', offset: 68, length: 16_397 }])
  expect(Object.fromEntries(observer.counts.responder)).toStrictEqual({ piece: 2 })
})
