import { describe, expect, test } from 'vitest'
import { decodeUtpPacket, encodeUtpPacket, type UtpPacket } from '../../../../src/wire/utp/packet.ts'
import type { UtpConnection } from '../../../../src/session/utp/connection.ts'
import { type UtpAddress, UtpEndpoint, type UtpEndpointOutput } from '../../../../src/session/utp/endpoint.ts'
import { UtpResetLimiter } from '../../../../src/session/utp/reset-limiter.ts'
import { concat } from '../../../../src/base/bytes.ts'
import { seededRandom, SimulatedLink, VirtualTime } from '../../../support/utp/simulated-link.ts'
import { patternBytes } from '../../../support/utp/utp-pair.ts'

const ANNA: UtpAddress = { address: '192.0.2.1', port: 1000 }
const BERT: UtpAddress = { address: '192.0.2.2', port: 1000 }

function endpoint(
  accepts: boolean,
  limits: { maxPending?: number; maxConnections?: number } = {},
): UtpEndpoint {
  const random = seededRandom(7)
  return new UtpEndpoint({ randomUint16: () => Math.floor(random() * 65_536), accepts, ...limits })
}

function wire(fields: Partial<UtpPacket>): Uint8Array {
  return encodeUtpPacket({
    type: 'data',
    connectionId: 7,
    timestamp: 0,
    timestampDifference: 0,
    windowSize: 100_000,
    sequenceNumber: 1,
    acknowledged: 0,
    selectiveAck: undefined,
    closeReason: undefined,
    payload: new Uint8Array(),
    ...fields,
  })
}

function sent(output: UtpEndpointOutput): UtpPacket[] {
  return output.send.map(({ bytes }) => {
    const result = decodeUtpPacket(bytes)
    if (!result.ok) throw new Error(result.reason)
    return result.packet
  })
}

describe('a stranger', () => {
  test.each([
    { name: 'a SYN', datagram: wire({ type: 'syn' }), answer: ['state'] },
    { name: 'data of no connection', datagram: wire({}), answer: ['reset'] },
    { name: 'a FIN of no connection', datagram: wire({ type: 'fin' }), answer: ['reset'] },
    { name: 'a RESET', datagram: wire({ type: 'reset' }), answer: [] },
    { name: 'noise', datagram: patternBytes(500), answer: [] },
    {
      name: 'a DHT query',
      datagram: new TextEncoder().encode('d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae'),
      answer: [],
    },
  ])('gets for $name: $answer', ({ datagram, answer }) => {
    const output = endpoint(true).receive(0, [{ from: ANNA, bytes: datagram }])
    expect(sent(output).map(({ type }) => type)).toStrictEqual(answer)
  })

  test('gets no answer to a SYN where nobody accepts', () => {
    const closed = endpoint(false)
    expect(closed.receive(0, [{ from: ANNA, bytes: wire({ type: 'syn' }) }])).toStrictEqual({
      send: [],
      events: [],
    })
    expect(closed.size).toBe(0)
  })

  test('gets at most as many bytes as he sent until he has proved his address, however he tries', () => {
    const open = endpoint(true)
    const random = seededRandom(3)
    let received = 0
    let answered = 0
    const tell = (output: UtpEndpointOutput) => {
      for (const { bytes } of output.send) answered += bytes.length
      expect(output.events).toStrictEqual([])
    }
    for (let at = 0; at < 60_000; at += 20) {
      const type = (['syn', 'data', 'fin', 'state'] as const)[Math.floor(random() * 4)] ?? 'syn'
      // the acknowledgement is never the right one: he does not see our answers
      const connectionId = type === 'syn' ? 7 : 8
      const datagram = wire({ type, connectionId, sequenceNumber: Math.floor(random() * 4), acknowledged: 1 })
      received += datagram.length
      tell(open.receive(at, [{ from: ANNA, bytes: datagram }]))
      tell(open.tick(at))
      tell(open.flush(at))
    }
    expect(answered).toBeLessThanOrEqual(received)
    expect(answered).toBeGreaterThan(0)
  })

  test('is told once in 10 s that his connection is unknown', () => {
    const open = endpoint(true)
    const resets = [0, 5000, 9999, 10_000, 10_001].map(
      (at) => open.receive(at, [{ from: ANNA, bytes: wire({}) }]).send.length,
    )
    expect(resets).toStrictEqual([1, 0, 0, 1, 0])
    expect(
      open.receive(10_001, [{ from: BERT, bytes: wire({ connectionId: 9, sequenceNumber: 77 }) }]).send
        .length,
    ).toBe(1)
  })

  test('a RESET names the packet that it answers', () => {
    const [reset] = sent(
      endpoint(false).receive(0, [{ from: ANNA, bytes: wire({ connectionId: 9, sequenceNumber: 77 }) }]),
    )
    expect(reset).toMatchObject({ type: 'reset', connectionId: 9, acknowledged: 77 })
  })
})

test('a thousand addresses are remembered, and beyond them nobody gets a RESET', () => {
  const limiter = new UtpResetLimiter()
  const told = Array.from({ length: 1001 }, (_, index) => limiter.allows(0, `address ${index}`))
  expect(told.filter(Boolean).length).toBe(1000)
  expect(limiter.allows(10_000, 'address 1000')).toBe(true)
})

describe('limits', () => {
  test('the oldest unproven connection makes room for a new one', () => {
    const open = endpoint(true, { maxPending: 3 })
    for (let connectionId = 0; connectionId < 50; connectionId += 2)
      open.receive(0, [{ from: ANNA, bytes: wire({ type: 'syn', connectionId }) }])
    expect(open.size).toBe(3)
    open.tick(10_000)
    expect(open.size).toBe(0)
  })

  test('no more connections than allowed, in either direction', () => {
    const full = endpoint(true, { maxConnections: 2 })
    expect(full.open(ANNA)).toBeDefined()
    expect(full.open(ANNA)).toBeDefined()
    expect(full.open(BERT)).toBeUndefined()
    expect(full.receive(0, [{ from: BERT, bytes: wire({ type: 'syn' }) }]).send).toStrictEqual([])
  })

  test('connections to one address never share an id', () => {
    const many = new UtpEndpoint({ randomUint16: () => 65_534 })
    const ids = Array.from({ length: 100 }, () => many.open(ANNA)).flatMap((connection) => [
      connection?.receiveId,
      connection?.sendId,
    ])
    expect(new Set(ids).size).toBe(200)
  })
})

describe('a RESET', () => {
  test.each([
    { name: 'our id', by: 0, isReset: true },
    { name: 'the other id of the pair', by: 1, isReset: true },
    { name: 'an id beside the pair', by: -1, isReset: false },
    { name: 'another id', by: 2, isReset: false },
  ])('that carries $name', ({ by, isReset }) => {
    const client = endpoint(false)
    const connection = client.open(ANNA) as UtpConnection
    client.step(connection, { type: 'connect', at: 0 })
    const connectionId = (connection.receiveId + by) & 0xffff
    const { events } = client.receive(1, [{ from: ANNA, bytes: wire({ type: 'reset', connectionId }) }])
    expect(events.length).toBe(isReset ? 1 : 0)
    expect(client.size).toBe(isReset ? 0 : 1)
  })

  test('from somebody else ends nothing', () => {
    const client = endpoint(false)
    const connection = client.open(ANNA) as UtpConnection
    client.step(connection, { type: 'connect', at: 0 })
    client.receive(1, [{ from: BERT, bytes: wire({ type: 'reset', connectionId: connection.receiveId }) }])
    client.receive(1, [
      { from: { ...ANNA, port: 1001 }, bytes: wire({ type: 'reset', connectionId: connection.receiveId }) },
    ])
    expect(client.size).toBe(1)
  })
})

test('two hundred connections on one pair of sockets each get their own bytes, and none is left', () => {
  const time = new VirtualTime()
  const link = new SimulatedLink({ seed: 5, delayMs: 10, lossRate: 0.02, reorderRate: 0.05, reorderMs: 10 })
  const sides = { client: endpoint(false), server: endpoint(true) }
  const received = new Map<UtpConnection, Uint8Array[]>()
  let ended = 0

  const handle = (name: 'client' | 'server', { send, events }: UtpEndpointOutput): void => {
    const other = name === 'client' ? 'server' : 'client'
    for (const { bytes } of send)
      for (const at of link.arrivals(time.now, bytes.length))
        time.schedule(at, () =>
          handle(other, sides[other].receive(time.now, [{ from: name === 'client' ? ANNA : BERT, bytes }])),
        )
    for (const item of events) {
      if (item.type === 'accepted') received.set(item.connection, [])
      if (item.type !== 'connection') continue
      if (item.event.type === 'bytes') received.get(item.connection)?.push(...item.event.chunks)
      if (item.event.type === 'end') ended++
      expect(['failed', 'reset']).not.toContain(item.event.type)
    }
    const { wakeAt, needsFlush } = sides[name]
    if (needsFlush) time.schedule(time.now, () => handle(name, sides[name].flush(time.now)))
    if (wakeAt !== undefined)
      time.schedule(
        wakeAt,
        (at) => at >= (sides[name].wakeAt ?? Infinity) && handle(name, sides[name].tick(at)),
      )
  }

  for (let index = 0; index < 200; index++) {
    const connection = sides.client.open(BERT) as UtpConnection
    handle('client', sides.client.step(connection, { type: 'connect', at: 0 }))
    handle(
      'client',
      sides.client.step(connection, { type: 'write', at: 0, bytes: patternBytes(5000 + index, index) }),
    )
    handle('client', sides.client.step(connection, { type: 'close', at: 0 }))
  }
  time.run(120_000)
  expect(ended).toBe(400)
  expect([sides.client.size, sides.server.size]).toStrictEqual([0, 0])
  const got = [...received.values()].map((chunks) => concat(chunks)).sort((a, b) => a.length - b.length)
  expect(got).toStrictEqual(Array.from({ length: 200 }, (_, index) => patternBytes(5000 + index, index)))
})

test('after stopAccepting a SYN is not answered', () => {
  const open = endpoint(true)
  open.receive(0, [{ from: ANNA, bytes: wire({ type: 'syn' }) }])
  open.stopAccepting()
  expect(open.size).toBe(0)
  expect(open.receive(1, [{ from: ANNA, bytes: wire({ type: 'syn' }) }]).send).toStrictEqual([])
})
