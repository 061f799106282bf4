import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import type { UtpConnection } from '../../../../src/session/utp/connection.ts'
import { UtpEndpoint } from '../../../../src/session/utp/endpoint.ts'
import type { UtpOutput } from '../../../../src/session/utp/events.ts'
import { decodeUtpPacket, encodeUtpPacket, type UtpPacket } from '../../../../src/wire/utp/packet.ts'
import { acceptedConnection, types, utpPacket } from '../../../support/utp/utp-states.ts'

/** Packets that a peer sends after number 10. */
function fromPeer(fields: Partial<UtpPacket>): UtpPacket {
  return utpPacket({ connectionId: 8, acknowledged: 99, ...fields })
}

function numbered(sequenceNumber: number): UtpPacket {
  return fromPeer({ sequenceNumber, payload: Uint8Array.of(sequenceNumber) })
}

function acknowledgements({ send }: UtpOutput): readonly (number | undefined)[] {
  return send.map((bytes) => {
    const result = decodeUtpPacket(bytes)
    return result.ok && result.packet.type === 'state' ? result.packet.acknowledged : undefined
  })
}

describe('packets that arrive together', () => {
  const receive = (packets: readonly UtpPacket[]) =>
    acceptedConnection().step({ type: 'packets', at: 5, packets })

  test('are delivered by one event and acknowledged by one packet', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => 11 + index)
    const output = receive(numbers.map((number) => numbered(number)))
    expect(output.events).toStrictEqual([
      { type: 'bytes', chunks: numbers.map((number) => Uint8Array.of(number)) },
    ])
    expect(acknowledgements(output)).toStrictEqual([110])
  })

  test('may be out of order', () => {
    const output = receive([13, 12, 11, 14].map((number) => numbered(number)))
    expect(output.events).toStrictEqual([
      { type: 'bytes', chunks: [11, 12, 13, 14].map((number) => Uint8Array.of(number)) },
    ])
    expect(acknowledgements(output)).toStrictEqual([14])
  })

  test('with one missing, are acknowledged at once, with a mask', () => {
    const { send, events } = receive([12, 13].map((number) => numbered(number)))
    expect(events).toStrictEqual([])
    const [answer] = send.map((bytes) => decodeUtpPacket(bytes))
    expect(answer).toMatchObject({ packet: { acknowledged: 10, selectiveAck: Uint8Array.of(3, 0, 0, 0) } })
    expect(send.length).toBe(1)
  })

  test('end in order if a RESET follows the FIN', () => {
    const fin = fromPeer({ type: 'fin', sequenceNumber: 12 })
    const { events } = receive([numbered(11), fin, fromPeer({ type: 'reset', sequenceNumber: 13 })])
    expect(types(events).slice(0, 2)).toStrictEqual(['bytes', 'end'])
  })

  test('are delivered up to a RESET, and what follows it is nothing', () => {
    const { events } = receive([numbered(11), fromPeer({ type: 'reset', sequenceNumber: 12 }), numbered(12)])
    expect(events).toStrictEqual([{ type: 'bytes', chunks: [Uint8Array.of(11)] }, { type: 'reset' }])
  })
})

test('datagrams of two peers that arrive together each reach their connection, in order', () => {
  const endpoint = new UtpEndpoint({ randomUint16: () => 100, accepts: true })
  const peers = [1000, 2000].map((port) => ({ address: '192.0.2.1', port }))
  const datagrams = (fields: Partial<UtpPacket>) =>
    peers.map((from) => ({ from, bytes: encodeUtpPacket(utpPacket(fields)) }))
  endpoint.receive(0, datagrams({ type: 'syn', sequenceNumber: 9 }))
  const { events } = endpoint.receive(
    1,
    [10, 11, 12].flatMap((sequenceNumber) =>
      datagrams({
        connectionId: 8,
        sequenceNumber,
        acknowledged: 99,
        payload: Uint8Array.of(sequenceNumber),
      }),
    ),
  )
  const received = new Map<UtpConnection, Uint8Array[]>()
  for (const item of events) {
    if (item.type === 'accepted') received.set(item.connection, [])
    else if (item.type === 'connection' && item.event.type === 'bytes')
      received.get(item.connection)?.push(...item.event.chunks)
  }
  expect([...received.values()].map((chunks) => concat(chunks))).toStrictEqual([
    Uint8Array.of(10, 11, 12),
    Uint8Array.of(10, 11, 12),
  ])
})
