import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { concat } from '../../../src/base/bytes.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { encodeMessage } from '../../../src/wire/message/message.ts'
import { FakeTransport } from '../../support/transports/fake-transport.ts'
import { sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../support/torrents/made-torrent.ts'
import { VirtualClock } from '../../support/transports/virtual-clock.ts'
import { connect } from '../../support/verdicts/commands.ts'

const { metainfo } = makeV1Torrent()
const infoHash = metainfo.infoHashes.v1 ?? new Uint8Array(20)
const HANDSHAKE = encodeHandshake({
  infoHash,
  peerId: new Uint8Array(20).fill(0x41),
  reserved: new Uint8Array(8),
})
const BITFIELD = encodeMessage({
  type: 'bitfield',
  bits: concat([new Uint8Array(Math.floor(metainfo.pieceCount / 8)).fill(0xff), lastByte()]),
})

function lastByte(): Uint8Array {
  const left = metainfo.pieceCount % 8
  return left === 0 ? new Uint8Array(0) : Uint8Array.of((0xff << (8 - left)) & 0xff)
}

/** Talks to a peer without any bit whose bitfield comes after a while, or never; time is made up. */
async function talk(bitfieldAfterMs: number | undefined): Promise<ConnectReport> {
  const clock = new VirtualClock()
  const transport = new FakeTransport()
  const options = {
    ...sessionOptions({ host: '127.0.0.1', port: 1 }, { infoHashes: metainfo.infoHashes, metainfo }),
  }
  const done = connect(
    { ...options, interested: false, settleMs: 300, waitMs: 5000 },
    { ...testPorts(), clock, dial: () => Promise.resolve(transport) },
  )
  const state = { ended: false }
  const ended = done.finally(() => {
    state.ended = true
  })
  await pass()
  transport.deliver(HANDSHAKE)
  await pass()
  if (bitfieldAfterMs !== undefined) {
    clock.advance(bitfieldAfterMs)
    await pass()
    transport.deliver(BITFIELD)
  }
  while (!state.ended) {
    await pass()
    clock.advance(50)
  }
  return ended
}

/** Lets everything that waits for a promise go on. */
async function pass(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn()
}

test('a bitfield that comes half a second after a bare handshake is waited for', async () => {
  const { availability, timing, exitCode } = await talk(500)
  expect(exitCode).toBe(0)
  expect(availability).toMatchObject({ source: 'bitfield', percent: 100 })
  expect(timing.totalMs).toBeLessThan(1500)
})

test('a peer that says nothing of its pieces is heard for as long as --wait', async () => {
  const { availability, timing, exitCode } = await talk(undefined)
  expect(exitCode).toBe(0)
  expect(availability).toMatchObject({ source: 'none', have: 0 })
  expect(timing.totalMs).toBeGreaterThanOrEqual(5000)
})

test('the clock starts when everything is loaded, and the trace counts from the same moment as the report', async () => {
  const clock = new VirtualClock()
  const transport = new FakeTransport()
  const traced: (readonly [TraceEvent['type'], number])[] = []
  const options = {
    ...sessionOptions({ host: '127.0.0.1', port: 1 }, { infoHashes: metainfo.infoHashes, metainfo }),
    trace: (event: TraceEvent) => traced.push([event.type, event.at]),
  }
  const done = connect(
    { ...options, interested: false, settleMs: 0, waitMs: 0 },
    {
      ...testPorts(),
      clock,
      prepareDial: () => Promise.resolve(clock.advance(40)),
      dial: () => {
        clock.advance(3)
        return Promise.resolve(transport)
      },
    },
  )
  await pass()
  clock.advance(2)
  transport.deliver(HANDSHAKE)
  const { timing, attempts } = await done
  expect(timing).toMatchObject({ connectMs: 3, handshakeMs: 5 })
  expect(attempts).toMatchObject([{ startedMs: 0, elapsedMs: 5 }])
  expect(traced).toContainEqual(['connected', 3])
  expect(traced).toContainEqual(['received', 5])
})
