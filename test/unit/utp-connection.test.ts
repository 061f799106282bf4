import { describe, expect, test } from 'vitest'
import { addSequence } from '../../src/wire/utp-sequence.ts'
import { decodeSelectiveAck } from '../../src/wire/utp-selective-ack.ts'
import type { UtpPacket } from '../../src/wire/utp-packet.ts'
import { UtpConnection } from '../../src/session/utp-connection.ts'
import type { UtpEvent } from '../../src/session/utp-events.ts'
import { concat, toHex } from '../../src/base/bytes.ts'
import type { LinkOptions } from '../support/simulated-link.ts'
import { patternBytes, type PairOptions, UtpPair } from '../support/utp-pair.ts'

const MEBIBYTE = 1024 * 1024
const GOOD: LinkOptions = { seed: 1, delayMs: 20 }

function types(events: readonly UtpEvent[]): string[] {
  return events.map(({ type }) => type)
}

/** A pair that is connected and idle. */
function connectedPair(options: Partial<PairOptions> = {}): UtpPair {
  const pair = new UtpPair({ link: GOOD, ...options })
  pair.act(pair.initiator, { type: 'connect' })
  pair.act(pair.initiator, { type: 'write', bytes: Uint8Array.of(1) })
  pair.time.run(1000)
  pair.initiator.events.length = 0
  pair.acceptor.events.length = 0
  pair.acceptor.received.length = 0
  return pair
}

/** Sends `bytes` and both FINs; runs at most `limitMs` of virtual time. */
function transfer(pair: UtpPair, bytes: Uint8Array, limitMs = 600_000): void {
  pair.act(pair.initiator, { type: 'connect' })
  pair.act(pair.initiator, { type: 'write', bytes })
  pair.act(pair.initiator, { type: 'close' })
  pair.time.run(limitMs, () => pair.has(pair.initiator, 'closed') && pair.has(pair.acceptor, 'closed'))
}

function isSame(chunks: readonly Uint8Array[], bytes: Uint8Array): boolean {
  return Buffer.compare(concat(chunks), bytes) === 0
}

const TRANSFERS: readonly {
  name: string
  link: LinkOptions
  length: number
  withinMs: number
  datagrams: number
  numbers?: Partial<PairOptions>
}[] = [
  { name: 'a good path', link: GOOD, length: 10 * MEBIBYTE, withinMs: 1500, datagrams: 13_500 },
  {
    name: 'loss, reordering and duplication',
    link: { ...GOOD, lossRate: 0.02, duplicateRate: 0.02, reorderRate: 0.05, reorderMs: 30 },
    length: 10 * MEBIBYTE,
    withinMs: 60_000,
    datagrams: 18_000,
  },
  {
    name: 'a slow path with a short queue',
    link: { ...GOOD, bytesPerSecond: 1_000_000, queueBytes: 100_000 },
    length: 4 * MEBIBYTE,
    withinMs: 6000,
    datagrams: 6000,
  },
  {
    name: 'a slow path with an endless queue, which LEDBAT does not fill',
    link: { ...GOOD, bytesPerSecond: 1_000_000 },
    length: 4 * MEBIBYTE,
    withinMs: 6000,
    datagrams: 5500,
  },
  {
    name: 'every fifth packet lost',
    link: { ...GOOD, lossRate: 0.2 },
    length: MEBIBYTE / 2,
    withinMs: 120_000,
    datagrams: 1500,
  },
  {
    name: 'numbers and ids that wrap',
    link: { ...GOOD, lossRate: 0.02, reorderRate: 0.02, reorderMs: 20 },
    length: MEBIBYTE,
    withinMs: 20_000,
    datagrams: 2000,
    numbers: { connectionId: 65_535, initiatorFirst: 65_533, acceptorFirst: 0 },
  },
]

describe.each(TRANSFERS)('over $name', ({ link, length, withinMs, datagrams, numbers }) => {
  test('every byte arrives, in bounded time and packets', () => {
    const pair = new UtpPair({ link, ...numbers })
    const bytes = patternBytes(length)
    transfer(pair, bytes)
    expect(isSame(pair.acceptor.received, bytes)).toBe(true)
    expect(types(pair.acceptor.events)).toStrictEqual(['connected', 'end', 'closed'])
    expect(pair.has(pair.initiator, 'closed')).toBe(true)
    expect(pair.time.now).toBeLessThan(withinMs)
    expect(pair.datagrams).toBeLessThan(datagrams)
  })
})

test('LEDBAT keeps the queue at some 100 ms', () => {
  const pair = new UtpPair({ link: { ...GOOD, bytesPerSecond: 1_000_000 } })
  transfer(pair, patternBytes(8 * MEBIBYTE))
  const { queueingDelayMs, packetsLost } = pair.initiator.connection?.stats ?? {}
  expect(queueingDelayMs).toBeGreaterThan(40)
  expect(queueingDelayMs).toBeLessThan(200)
  expect(packetsLost).toBe(0)
})

describe('set-up', () => {
  test('the numbers of the eight packets are those of the deployed implementations', () => {
    const seen: string[] = []
    const pair = new UtpPair({
      link: GOOD,
      acceptorFirst: 0x5000,
      watch: (from, { type, connectionId, sequenceNumber, acknowledged }) => {
        seen.push(`${from.name} ${type} ${connectionId} ${sequenceNumber} ${acknowledged}`)
      },
    })
    pair.act(pair.initiator, { type: 'connect' })
    pair.act(pair.initiator, { type: 'write', bytes: new Uint8Array(68) })
    pair.time.run(70)
    pair.act(pair.acceptor, { type: 'write', bytes: new Uint8Array(68) })
    pair.act(pair.acceptor, { type: 'flush' })
    pair.time.run(150)
    pair.act(pair.initiator, { type: 'close' })
    pair.time.run(200)
    expect(seen.slice(0, 6)).toStrictEqual([
      'initiator syn 1234 1 0',
      'acceptor state 1234 20480 1',
      'initiator data 1235 2 20479',
      'acceptor data 1234 20480 2',
      'initiator state 1235 3 20480',
      'initiator fin 1235 3 20480',
    ])
    expect(seen[6]).toBe('acceptor state 1234 20481 3')
  })

  test('SYNs leave at 0, 3 and 9 s, and nothing after 15', () => {
    const times: number[] = []
    const pair = new UtpPair({
      link: GOOD,
      watch: (_, { type }, bytes, at) => {
        expect([type, bytes.length]).toStrictEqual(['syn', 20])
        times.push(at)
        return false
      },
    })
    pair.act(pair.initiator, { type: 'connect' })
    pair.time.run(100_000)
    expect(times).toStrictEqual([0, 3000, 9000])
    expect(pair.initiator.events).toMatchObject([{ type: 'failed', failure: 'connect-timeout' }])
  })

  test('a repeated SYN gets the original answer, also after data', () => {
    const pair = connectedPair()
    pair.act(pair.acceptor, { type: 'write', bytes: patternBytes(5000) })
    pair.act(pair.acceptor, { type: 'flush' })
    pair.time.run(2000)
    const syn = packet({ type: 'syn', connectionId: 1234, sequenceNumber: 1 })
    const output = pair.acceptor.connection?.step({ type: 'packet', at: 2000, packet: syn })
    expect(
      output?.send.map((bytes) => toHex(bytes.subarray(0, 1)) + toHex(bytes.subarray(16, 18))),
    ).toStrictEqual([`21${(5000).toString(16)}`])
    expect(output?.events).toStrictEqual([])
  })

  test('an acceptor sends nothing but 20 bytes a SYN before the peer has shown that it gets them', () => {
    const syn = packet({ type: 'syn', connectionId: 7, sequenceNumber: 9 })
    const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 100, syn })
    connection.step({ type: 'write', at: 0, bytes: patternBytes(9000) })
    expect(
      connection.step({ type: 'packet', at: 1, packet: syn }).send.map(({ length }) => length),
    ).toStrictEqual([20])
    // somebody who did not see our number guesses it wrong
    const forged = packet({
      connectionId: 8,
      sequenceNumber: 10,
      acknowledged: 100,
      payload: Uint8Array.of(1),
    })
    expect(connection.step({ type: 'packet', at: 2, packet: forged })).toMatchObject({ send: [], events: [] })
    for (let at = 100; at < 12_000; at += 100)
      expect(connection.step({ type: 'tick', at })).toMatchObject({ send: [], events: [] })
    expect(connection.isDone).toBe(true)
  })
})

describe('loss', () => {
  test('a lost packet is named in a selective ack and sent again before the time-out', () => {
    let dropped = false
    const masks: number[][] = []
    const pair = new UtpPair({
      link: GOOD,
      watch: (from, { type, sequenceNumber, acknowledged, selectiveAck }) => {
        if (selectiveAck !== undefined) masks.push(decodeSelectiveAck(acknowledged, selectiveAck))
        if (from.name !== 'initiator' || type !== 'data' || sequenceNumber !== 3 || dropped) return true
        dropped = true
        return false
      },
    })
    transfer(pair, patternBytes(12_000))
    expect(masks.slice(0, 2)).toStrictEqual([[4], [4, 5]])
    expect(pair.initiator.connection?.stats).toMatchObject({ packetsLost: 1, packetsResent: 1, timeouts: 0 })
    expect(pair.time.now).toBeLessThan(400)
  })

  test('three duplicate acknowledgements do it where the peer sends no selective ones', () => {
    const { connection, at } = sendingInitiator(4 * 1200)
    const same = packet({ type: 'state', acknowledged: 1, windowSize: MEBIBYTE })
    const sent = [1, 2, 3, 4].map(
      (step) => connection.step({ type: 'packet', at: at + step, packet: same }).send.length,
    )
    expect(sent).toStrictEqual([0, 0, 1, 0])
  })

  test('the last packet of a batch is sent again, once, when a peer that is heard does not acknowledge it', () => {
    const { connection, at } = sendingInitiator(100)
    connection.step({ type: 'flush', at })
    const types = [50, 80, 130, 200, 210].map((later, index) => {
      const data = packet({ sequenceNumber: 5000 + index, acknowledged: 1, payload: Uint8Array.of(1) })
      const { send } = connection.step({ type: 'packet', at: at + later, packet: data })
      return send.map(([first]) => first)
    })
    // 0x01 is a data packet, 0x21 an acknowledgement
    expect(types).toStrictEqual([[], [0x21], [0x01], [], [0x21]])
  })

  test('silence is answered by a bounded number of resends, further and further apart, then by giving up', () => {
    const { connection, at } = sendingInitiator(100)
    const times: number[] = []
    let wakeAt = connection.step({ type: 'flush', at }).wakeAt
    let events: readonly UtpEvent[] = []
    for (let round = 0; round < 50 && wakeAt !== undefined; round++) {
      const output = connection.step({ type: 'tick', at: wakeAt })
      if (output.send.length > 0) times.push(Math.round(wakeAt - at))
      ;({ wakeAt } = output)
      events = output.events
    }
    expect(times).toStrictEqual([500, 1500, 3500, 7500, 15_500])
    expect(events).toMatchObject([{ type: 'failed', failure: 'timeout' }])
    expect(connection.isDone).toBe(true)
  })

  test('a path that swallows large packets is named as the likely cause', () => {
    const pair = new UtpPair({ link: { ...GOOD, largestDatagram: 1000 } })
    transfer(pair, patternBytes(MEBIBYTE))
    expect(pair.initiator.events.at(-1)).toMatchObject({
      type: 'failed',
      failure: 'timeout',
      detail: expect.stringContaining('packets of 1200 bytes may be too large') as string,
    })
    expect(pair.datagrams).toBeLessThan(20)
  })

  test('smaller packets pass the same path', () => {
    const pair = new UtpPair({ link: { ...GOOD, largestDatagram: 1000 }, options: { payloadLimit: 980 } })
    const bytes = patternBytes(MEBIBYTE)
    transfer(pair, bytes)
    expect(isSame(pair.acceptor.received, bytes)).toBe(true)
  })
})

describe('back-pressure', () => {
  test('a paused reader shuts the window, and opens it again without losing a byte', () => {
    const windows: number[] = []
    const pair = connectedPair({
      options: { receiveWindow: 100_000 },
      watch: (from, { windowSize }) => {
        if (from.name === 'acceptor') windows.push(windowSize)
      },
    })
    const bytes = patternBytes(MEBIBYTE)
    pair.act(pair.acceptor, { type: 'pause' })
    pair.act(pair.initiator, { type: 'write', bytes })
    pair.act(pair.initiator, { type: 'close' })
    pair.time.run(60_000)
    expect(pair.acceptor.received).toStrictEqual([])
    expect(windows.at(-1)).toBeLessThan(1200)
    expect(pair.initiator.connection?.queuedBytes).toBeGreaterThan(900_000)
    pair.act(pair.acceptor, { type: 'resume' })
    pair.time.run(120_000)
    expect(isSame(pair.acceptor.received, bytes)).toBe(true)
    expect(types(pair.acceptor.events)).toStrictEqual(['end', 'closed'])
  })

  test('a lost re-opening is found out by a probe', () => {
    let isDeaf = false
    const pair = connectedPair({
      options: { receiveWindow: 12_000 },
      watch: (from) => !(isDeaf && from.name === 'acceptor'),
    })
    pair.act(pair.acceptor, { type: 'pause' })
    pair.act(pair.initiator, { type: 'write', bytes: patternBytes(50_000) })
    pair.time.run(20_000)
    isDeaf = true
    pair.act(pair.acceptor, { type: 'resume' })
    pair.time.run(20_100)
    isDeaf = false
    pair.time.run(60_000)
    expect(isSame(pair.acceptor.received, patternBytes(50_000))).toBe(true)
  })

  test('a peer that keeps its window shut for an hour is slow, not gone', () => {
    const pair = connectedPair({ options: { receiveWindow: 12_000 } })
    pair.act(pair.acceptor, { type: 'pause' })
    pair.act(pair.initiator, { type: 'write', bytes: patternBytes(50_000) })
    pair.time.run(3_600_000)
    expect(pair.initiator.events).toStrictEqual([])
    expect(pair.datagrams).toBeLessThan(2000)
    pair.act(pair.acceptor, { type: 'resume' })
    pair.time.run(3_700_000)
    expect(isSame(pair.acceptor.received, patternBytes(50_000))).toBe(true)
  })

  test('the writer hears when its queue is short again', () => {
    const pair = connectedPair()
    pair.act(pair.initiator, { type: 'write', bytes: patternBytes(256 * 1024) })
    pair.time.run(5000)
    expect(pair.initiator.events).toStrictEqual([])
    pair.act(pair.initiator, { type: 'write', bytes: patternBytes(2 * MEBIBYTE) })
    pair.time.run(10_000)
    expect(types(pair.initiator.events)).toStrictEqual(['writable'])
  })
})

describe('acknowledgements', () => {
  test('every second packet gets one, a single one at the end of the batch', () => {
    const connection = acceptedConnection()
    const acks = (sequenceNumber: number) =>
      connection.step({
        type: 'packet',
        at: 10,
        packet: packet({ connectionId: 8, sequenceNumber, acknowledged: 99, payload: patternBytes(100) }),
      }).send.length
    expect([11, 12, 13].map(acks)).toStrictEqual([1, 0, 1])
    expect(acks(14)).toBe(0)
    expect(connection.needsFlush).toBe(true)
    expect(connection.step({ type: 'flush', at: 10 }).send.length).toBe(1)
    expect(connection.needsFlush).toBe(false)
  })

  test('nobody flushes: it comes 20 ms later', () => {
    const connection = acceptedConnection()
    expect(connection.step({ type: 'tick', at: 19 }).send).toStrictEqual([])
    expect(connection.step({ type: 'tick', at: 20 }).send.length).toBe(1)
  })

  test('an idle connection is kept alive every 29 s by an old acknowledgement', () => {
    const sent: string[] = []
    const pair = connectedPair({
      watch: (from, { type, acknowledged }, _, at) => {
        if (from.name === 'initiator' && at > 1000) sent.push(`${type} ${acknowledged}`)
      },
    })
    pair.time.run(61_000)
    expect(sent).toStrictEqual(['state 4998', 'state 4998'])
    expect(pair.initiator.events).toStrictEqual([])
    expect(pair.acceptor.events).toStrictEqual([])
  })

  test.each([
    { name: 'newer than what was sent', acknowledged: 2000 },
    { name: 'half a circle away', acknowledged: 0x8000 },
    { name: 'far too old', acknowledged: addSequence(1, -70) },
  ])('a packet whose acknowledgement is $name is ignored', ({ acknowledged }) => {
    const { connection, at } = sendingInitiator(100)
    const forged = packet({ sequenceNumber: 5000, acknowledged, payload: Uint8Array.of(1) })
    expect(connection.step({ type: 'packet', at, packet: forged })).toMatchObject({ send: [], events: [] })
  })
})

describe('the end', () => {
  test('a FIN ends both directions, after all bytes', () => {
    const pair = connectedPair()
    pair.act(pair.initiator, { type: 'write', bytes: patternBytes(3000) })
    pair.act(pair.initiator, { type: 'close' })
    pair.time.run(2000)
    expect(isSame(pair.acceptor.received, patternBytes(3000))).toBe(true)
    expect(types(pair.acceptor.events)).toStrictEqual(['end', 'closed'])
    expect(types(pair.initiator.events)).toStrictEqual(['end', 'closed'])
    expect(pair.initiator.connection?.isDone).toBe(false)
    pair.time.run(10_000)
    expect([pair.initiator.connection?.isDone, pair.acceptor.connection?.isDone]).toStrictEqual([true, true])
  })

  test('data past the FIN is no part of the stream', () => {
    const connection = acceptedConnection()
    const step = (fields: Partial<UtpPacket>) =>
      connection.step({
        type: 'packet',
        at: 5,
        packet: packet({ connectionId: 8, acknowledged: 99, ...fields }),
      }).events
    expect(step({ sequenceNumber: 13, payload: Uint8Array.of(13) })).toStrictEqual([])
    expect(step({ type: 'fin', sequenceNumber: 12 })).toStrictEqual([])
    expect(step({ sequenceNumber: 14, payload: Uint8Array.of(14) })).toStrictEqual([])
    expect(step({ sequenceNumber: 11, payload: Uint8Array.of(11) })).toStrictEqual([
      { type: 'bytes', bytes: Uint8Array.of(11) },
      { type: 'end' },
    ])
  })

  test('the close reason is read from any packet, and once', () => {
    const connection = acceptedConnection()
    const reason = packet({
      type: 'fin',
      connectionId: 8,
      sequenceNumber: 11,
      acknowledged: 99,
      closeReason: 257,
    })
    const { events } = connection.step({ type: 'packet', at: 5, packet: reason })
    expect(events).toStrictEqual([
      { type: 'close-reason', code: 257, name: 'invalid_info_hash' },
      { type: 'end' },
    ])
    expect(connection.step({ type: 'packet', at: 6, packet: reason }).events).toStrictEqual([])
    expect(connection.stats.closeReason).toStrictEqual({ code: 257, name: 'invalid_info_hash' })
  })

  test('a RESET ends everything at once and is not answered', () => {
    const pair = connectedPair()
    pair.act(pair.initiator, { type: 'abort' })
    pair.time.run(2000)
    expect(types(pair.acceptor.events)).toStrictEqual(['reset'])
    expect([pair.initiator.connection?.isDone, pair.acceptor.connection?.isDone]).toStrictEqual([true, true])
    expect(pair.acceptor.connection?.step({ type: 'tick', at: 9000 })).toMatchObject({
      send: [],
      wakeAt: undefined,
    })
  })

  test('a port that nobody has fails at once', () => {
    const connection = new UtpConnection({ connectionId: 1, sequenceNumber: 1 })
    connection.step({ type: 'connect', at: 0 })
    expect(connection.step({ type: 'unreachable', at: 1 }).events).toMatchObject([
      { type: 'failed', failure: 'refused' },
    ])
  })

  test('a peer that never sends its FIN does not keep us', () => {
    const pair = connectedPair({
      watch: (from, { type }) => from.name !== 'acceptor' || type !== 'fin',
    })
    pair.act(pair.initiator, { type: 'close' })
    pair.time.run(10_000)
    expect(types(pair.initiator.events)).toStrictEqual(['closed'])
    expect(pair.initiator.connection?.isDone).toBe(true)
  })
})

test('stats say what happened on the way', () => {
  const pair = new UtpPair({ link: { ...GOOD, lossRate: 0.05, duplicateRate: 0.05 } })
  transfer(pair, patternBytes(600_000))
  const ours = pair.initiator.connection?.stats
  const theirs = pair.acceptor.connection?.stats
  expect(ours).toMatchObject({ packetPayload: 1200, peerPacketPayload: 0, bytesReceived: 0 })
  expect(ours?.roundTripMs).toBeGreaterThanOrEqual(40)
  expect(ours?.bytesSent).toBeGreaterThan(600_000)
  expect(ours?.packetsResent).toBeGreaterThan(0)
  expect(theirs).toMatchObject({ bytesReceived: 600_000, peerPacketPayload: 1200 })
  expect(theirs?.duplicatesReceived).toBeGreaterThan(0)
  expect(theirs?.outOfOrderReceived).toBeGreaterThan(0)
})

/** An initiator that is connected (its peer's next number is 5000) and has `length` bytes under way. */
function sendingInitiator(length: number): { connection: UtpConnection; at: number } {
  const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 1 })
  connection.step({ type: 'connect', at: 0 })
  const answer = packet({ type: 'state', connectionId: 7, sequenceNumber: 5000, acknowledged: 1 })
  connection.step({ type: 'packet', at: 10, packet: answer })
  connection.step({ type: 'write', at: 10, bytes: patternBytes(length) })
  return { connection, at: 10 }
}

/** An acceptor (first number 100) that has got packet 10 of its peer at time 0 and has acknowledged nothing yet. */
function acceptedConnection(): UtpConnection {
  const syn = packet({ type: 'syn', connectionId: 7, sequenceNumber: 9 })
  const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 100, syn })
  connection.step({ type: 'packet', at: 0, packet: syn })
  const first = packet({ connectionId: 8, sequenceNumber: 10, acknowledged: 99, payload: Uint8Array.of(10) })
  connection.step({ type: 'packet', at: 0, packet: first })
  return connection
}

function packet(fields: Partial<UtpPacket>): UtpPacket {
  return {
    type: 'data',
    connectionId: 7,
    timestamp: 0,
    timestampDifference: 0,
    windowSize: MEBIBYTE,
    sequenceNumber: 0,
    acknowledged: 0,
    selectiveAck: undefined,
    closeReason: undefined,
    payload: new Uint8Array(),
    ...fields,
  }
}
