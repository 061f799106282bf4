import { describe, expect, test } from 'vitest'
import { UTP_SEND_WINDOW } from '../../../../src/base/limits.ts'
import type { UtpEvent } from '../../../../src/session/utp/events.ts'
import { decodeSelectiveAck } from '../../../../src/wire/utp/selective-ack.ts'
import { addSequence } from '../../../../src/wire/utp/sequence.ts'
import { patternBytes, UtpPair } from '../../../support/utp/utp-pair.ts'
import {
  acceptedConnection,
  connectedPair,
  GOOD_LINK,
  isSame,
  MEBIBYTE,
  sendingInitiator,
  transfer,
  types,
  utpPacket,
} from '../../../support/utp/utp-states.ts'

describe('loss', () => {
  test('a lost packet is named in a selective ack and sent again before the time-out', () => {
    let dropped = false
    const masks: number[][] = []
    const pair = new UtpPair({
      link: GOOD_LINK,
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
    const same = utpPacket({ type: 'state', acknowledged: 1, windowSize: MEBIBYTE })
    const sent = [1, 2, 3, 4].map(
      (step) => connection.step({ type: 'packets', at: at + step, packets: [same] }).send.length,
    )
    expect(sent).toStrictEqual([0, 0, 1, 0])
  })

  test('the last packet of a batch is sent again, once, when a peer that is heard does not acknowledge it', () => {
    const { connection, at } = sendingInitiator(100)
    connection.step({ type: 'flush', at })
    const types = [50, 80, 130, 200, 210].map((later, index) => {
      const data = utpPacket({ sequenceNumber: 5000 + index, acknowledged: 1, payload: Uint8Array.of(1) })
      const { send } = connection.step({ type: 'packets', at: at + later, packets: [data] })
      return send.map(([first]) => first)
    })
    // 0x01 is a data packet
    expect(types).toStrictEqual([[], [], [0x01], [], []])
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
    expect(events).toStrictEqual([
      {
        type: 'failed',
        failure: 'timeout',
        detail: 'the peer acknowledged nothing during 6 consecutive timeouts',
      },
    ])
    expect(connection.isDone).toBe(true)
  })

  test.each([
    ['a peer that is heard meanwhile shows that the path swallows large packets', true],
    ['a peer that is silent does not show what the path does with them', false],
  ])('%s', (_, isHeard) => {
    let isMute = false
    const pair = connectedPair({
      link: { ...GOOD_LINK, largestDatagram: 1000 },
      watch: ({ name }) => !isMute || name === 'initiator',
    })
    isMute = !isHeard
    pair.time.schedule(pair.time.now + 5000, () =>
      pair.act(pair.acceptor, { type: 'write', bytes: Uint8Array.of(2) }),
    )
    transfer(pair, patternBytes(MEBIBYTE))
    const failed = pair.initiator.events.find(({ type }) => type === 'failed')
    expect(failed).toMatchObject({ failure: 'timeout' })
    expect(JSON.stringify(failed).includes('packets of 1200 bytes may be too large')).toBe(isHeard)
    expect(pair.datagrams).toBeLessThan(50)
  })

  test('smaller packets pass the same path', () => {
    const pair = new UtpPair({
      link: { ...GOOD_LINK, largestDatagram: 1000 },
      options: { payloadLimit: 980 },
    })
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
  test('every 16th packet of a batch gets one, and the rest at its end', () => {
    const connection = acceptedConnection()
    const acks = (sequenceNumber: number) =>
      connection.step({
        type: 'packets',
        at: 10,
        packets: [
          utpPacket({ connectionId: 8, sequenceNumber, acknowledged: 99, payload: patternBytes(100) }),
        ],
      }).send.length
    // the first packet of the connection was number 10
    const sent = Array.from({ length: 31 }, (_, i) => (acks(11 + i) === 1 ? 11 + i : 0))
    expect(sent.filter((number) => number > 0)).toStrictEqual([25, 41])
    expect(acks(42)).toBe(0)
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
    const forged = utpPacket({ sequenceNumber: 5000, acknowledged, payload: Uint8Array.of(1) })
    expect(connection.step({ type: 'packets', at, packets: [forged] })).toMatchObject({
      send: [],
      events: [],
    })
  })
})

test('bytes in flight are bounded, whatever window the peer offers', () => {
  const flight = { most: 0, sent: 0 }
  const pair: UtpPair = new UtpPair({
    link: { seed: 1, delayMs: 200 },
    options: { receiveWindow: 64 * MEBIBYTE },
    watch: (from, { type, payload }) => {
      if (from.name !== 'initiator' || type !== 'data') return
      flight.sent += payload.length
      const arrived = pair.acceptor.connection?.bytesReceived ?? 0
      flight.most = Math.max(flight.most, flight.sent - arrived)
    },
  })
  transfer(pair, patternBytes(24 * MEBIBYTE))
  expect(pair.acceptor.connection?.bytesReceived).toBe(24 * MEBIBYTE)
  // half a round trip of it is acknowledged and not known to be
  expect(flight.most).toBeLessThanOrEqual(UTP_SEND_WINDOW)
  expect(flight.most).toBeGreaterThan(UTP_SEND_WINDOW / 4)
})
