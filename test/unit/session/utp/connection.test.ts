import { describe, expect, test } from 'vitest'
import { readUint32, toHex } from '../../../../src/base/bytes.ts'
import { UtpConnection } from '../../../../src/session/utp/connection.ts'
import type { UtpPacket } from '../../../../src/wire/utp/packet.ts'
import type { LinkOptions } from '../../../support/utp/simulated-link.ts'
import { type PairOptions, patternBytes, UtpPair } from '../../../support/utp/utp-pair.ts'
import {
  acceptedConnection,
  connectedPair,
  GOOD_LINK,
  isSame,
  MEBIBYTE,
  transfer,
  types,
  utpPacket,
  sendingInitiator,
} from '../../../support/utp/utp-states.ts'

const TRANSFERS: readonly {
  name: string
  link: LinkOptions
  length: number
  withinMs: number
  datagrams: number
  numbers?: Partial<PairOptions>
}[] = [
  { name: 'a good path', link: GOOD_LINK, length: 10 * MEBIBYTE, withinMs: 1500, datagrams: 13_500 },
  {
    name: 'loss, reordering and duplication',
    link: { ...GOOD_LINK, lossRate: 0.02, duplicateRate: 0.02, reorderRate: 0.05, reorderMs: 30 },
    length: 10 * MEBIBYTE,
    withinMs: 60_000,
    datagrams: 18_000,
  },
  {
    name: 'a slow path with a short queue',
    link: { ...GOOD_LINK, bytesPerSecond: 1_000_000, queueBytes: 100_000 },
    length: 4 * MEBIBYTE,
    withinMs: 6000,
    datagrams: 6000,
  },
  {
    name: 'a slow path with an endless queue, which LEDBAT does not fill',
    link: { ...GOOD_LINK, bytesPerSecond: 1_000_000 },
    length: 4 * MEBIBYTE,
    withinMs: 6000,
    datagrams: 5500,
  },
  {
    name: 'every fifth packet lost',
    link: { ...GOOD_LINK, lossRate: 0.2 },
    length: MEBIBYTE / 2,
    withinMs: 120_000,
    datagrams: 1500,
  },
  {
    name: 'numbers and ids that wrap',
    link: { ...GOOD_LINK, lossRate: 0.02, reorderRate: 0.02, reorderMs: 20 },
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

test('an idle connection sends a packet before a NAT forgets it, from both sides', () => {
  const sent = { initiator: [] as number[], acceptor: [] as number[] }
  const pair = connectedPair({
    watch: (from, packet, _, at) => {
      if (packet.type === 'state') sent[from.name].push(at)
    },
  })
  // many NATs forget a UDP mapping after thirty seconds
  pair.time.run(95_000)
  for (const times of [sent.initiator, sent.acceptor]) {
    const idle = times.filter((at) => at > 1000)
    expect(idle).toHaveLength(3)
    expect(Math.max(...idle.map((at, i) => at - (idle[i - 1] ?? 0)))).toBeLessThan(30_000)
  }
  expect([...pair.initiator.events, ...pair.acceptor.events]).toStrictEqual([])
})

test('LEDBAT keeps the queue at some 100 ms', () => {
  const pair = new UtpPair({ link: { ...GOOD_LINK, bytesPerSecond: 1_000_000 } })
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
      link: GOOD_LINK,
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

  test('SYNs leave at 0, 1, 3 and 7 s, and nothing after 15', () => {
    const times: number[] = []
    const pair = new UtpPair({
      link: GOOD_LINK,
      watch: (_, { type }, bytes, at) => {
        expect([type, bytes.length]).toStrictEqual(['syn', 20])
        times.push(at)
        return false
      },
    })
    pair.act(pair.initiator, { type: 'connect' })
    pair.time.run(100_000)
    expect(times).toStrictEqual([0, 1000, 3000, 7000])
    expect(pair.initiator.events).toMatchObject([{ type: 'failed', failure: 'connect-timeout' }])
  })

  test('a repeated SYN gets the original answer, also after data', () => {
    const pair = connectedPair()
    pair.act(pair.acceptor, { type: 'write', bytes: patternBytes(5000) })
    pair.act(pair.acceptor, { type: 'flush' })
    pair.time.run(2000)
    const syn = utpPacket({ type: 'syn', connectionId: 1234, sequenceNumber: 1 })
    const output = pair.acceptor.connection?.step({ type: 'packets', at: 2000, packets: [syn] })
    expect(
      output?.send.map((bytes) => toHex(bytes.subarray(0, 1)) + toHex(bytes.subarray(16, 18))),
    ).toStrictEqual([`21${(5000).toString(16)}`])
    expect(output?.events).toStrictEqual([])
  })

  test('an acceptor sends nothing but 20 bytes a SYN before the peer has shown that it gets them', () => {
    const syn = utpPacket({ type: 'syn', connectionId: 7, sequenceNumber: 9 })
    const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 100, syn })
    connection.step({ type: 'write', at: 0, bytes: patternBytes(9000) })
    expect(
      connection.step({ type: 'packets', at: 1, packets: [syn] }).send.map(({ length }) => length),
    ).toStrictEqual([20])
    // somebody who did not see our number guesses it wrong
    const forged = utpPacket({
      connectionId: 8,
      sequenceNumber: 10,
      acknowledged: 100,
      payload: Uint8Array.of(1),
    })
    expect(connection.step({ type: 'packets', at: 2, packets: [forged] })).toMatchObject({
      send: [],
      events: [],
    })
    for (let at = 100; at < 12_000; at += 100)
      expect(connection.step({ type: 'tick', at })).toMatchObject({ send: [], events: [] })
    expect(connection.isDone).toBe(true)
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
        type: 'packets',
        at: 5,
        packets: [utpPacket({ connectionId: 8, acknowledged: 99, ...fields })],
      }).events
    expect(step({ sequenceNumber: 13, payload: Uint8Array.of(13) })).toStrictEqual([])
    expect(step({ type: 'fin', sequenceNumber: 12 })).toStrictEqual([])
    expect(step({ sequenceNumber: 14, payload: Uint8Array.of(14) })).toStrictEqual([])
    expect(step({ sequenceNumber: 11, payload: Uint8Array.of(11) })).toStrictEqual([
      { type: 'bytes', chunks: [Uint8Array.of(11)] },
      { type: 'end' },
    ])
  })

  test('the close reason is read from any packet, and once', () => {
    const connection = acceptedConnection()
    const reason = utpPacket({
      type: 'fin',
      connectionId: 8,
      sequenceNumber: 11,
      acknowledged: 99,
      closeReason: 257,
    })
    const { events } = connection.step({ type: 'packets', at: 5, packets: [reason] })
    expect(events).toStrictEqual([
      { type: 'close-reason', code: 257, name: 'invalid_info_hash' },
      { type: 'end' },
    ])
    expect(connection.step({ type: 'packets', at: 6, packets: [reason] }).events).toStrictEqual([])
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
  const pair = new UtpPair({ link: { ...GOOD_LINK, lossRate: 0.05, duplicateRate: 0.05 } })
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

test('time that the clock leaves out does not show in the timestamps on the wire', () => {
  const { connection, at } = sendingInitiator(100)
  const timestampOf = (bytes: Uint8Array | undefined) => readUint32(bytes ?? new Uint8Array(8), 4)
  const before = timestampOf(connection.step({ type: 'flush', at }).send[0])
  connection.step({ type: 'skip', at, skippedMs: 32_000 })
  const again = connection.step({ type: 'tick', at: at + 500 })
  expect(timestampOf(again.send[0]) - before).toBe(32_500_000)
})
