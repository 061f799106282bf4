import { expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { dialObserved } from '../../../../src/net/capture/observed-dial.ts'
import { recordCapture } from '../../../../src/net/capture/recorder.ts'
import { type ConnectionTap, tapped } from '../../../../src/net/capture/tap.ts'
import type { TransportEnd } from '../../../../src/net/transport.ts'
import { segmentsOf } from '../../../support/captures/captured.ts'
import { memoryTransports } from '../../../support/transports/memory-transport.ts'
import { recordedCapture } from '../../../support/captures/recorded-capture.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const LOOPBACK = { address: '127.0.0.1', port: 1, family: 4 } as const

const sink = (closed: (end: TransportEnd) => void) => ({
  bytes: (chunk: Uint8Array) => void chunk.fill(0),
  drained: () => undefined,
  closed,
})

test('a tap sees both directions before the sink can overwrite them, and the end', async () => {
  const [near, far] = memoryTransports()
  const seen: string[] = []
  const tap: ConnectionTap = {
    encrypted: () => seen.push('encrypted'),
    notEncrypted: () => seen.push('not encrypted'),
    sent: (bytes) => seen.push(`sent ${bytes.join()}`),
    received: (bytes) => seen.push(`received ${bytes.join()}`),
    remark: (offset, text) => seen.push(`${text} at ${offset}`),
    closed: ({ by, kind }) => seen.push(`closed by ${by} with ${kind}`),
  }
  const transport = tapped(near, tap)
  const ended = new Promise<TransportEnd>((resolve) => transport.start(sink(resolve)))
  far.start(sink(() => undefined))
  transport.write(Uint8Array.of(1))
  transport.writeAll?.([Uint8Array.of(2), Uint8Array.of(3)])
  far.write(Uint8Array.of(4))
  far.end()
  await ended
  expect(seen).toStrictEqual(['sent 1', 'sent 2,3', 'received 4', 'closed by peer with fin'])
})

test('without a tap a transport stays as it is', () => {
  const [near] = memoryTransports()
  expect(tapped(near, undefined)).toBe(near)
})

test('a connection begins when it is dialled, and not before packets that were written since', async () => {
  const clock = new VirtualClock()
  const capture = recordedCapture(clock)
  const dialFor = (ms: number) => () => {
    clock.advance(ms)
    return Promise.resolve(memoryTransports()[0])
  }
  const options = { timeoutMs: 1000 }
  await dialObserved(dialFor(70), LOOPBACK, options, { capture: capture.port, clock })
  const beside = () => {
    clock.advance(10)
    capture.port.open(memoryTransports()[1], 'peer')
    return dialFor(20)()
  }
  await dialObserved(beside, LOOPBACK, options, { capture: capture.port, clock })
  const times = segmentsOf([capture.end()]).map(({ packet }) => packet.at)
  expect(times).toStrictEqual([0, 70, 70, 80, 80, 80, 80, 100, 100])
})

test('a transport that is aborted before it is started has an end', () => {
  const seen: unknown[] = []
  const capture = recordedCapture()
  const tap = {
    ...capture.port.open(memoryTransports()[0], 'peer'),
    closed: (end: TransportEnd) => seen.push(end),
  }
  tapped(memoryTransports()[0], tap).abort()
  expect(seen).toStrictEqual([{ by: 'us', kind: 'rst' }])
})

test('the times of a capture count from the time of day, by the clock', () => {
  const clock = new VirtualClock()
  const blocks: Uint8Array[] = []
  const capture = recordCapture({ clock, epochMs: 1_795_892_007_000, write: (block) => blocks.push(block) })
  const tap = capture.open(memoryTransports()[0], 'us')
  clock.advance(1500)
  // keep-alives
  tap.sent(new Uint8Array(4))
  tap.received(new Uint8Array(8))
  clock.advance(500)
  tap.closed({ by: 'peer', kind: 'fin' })
  const segments = segmentsOf(blocks)
  expect(segments.map(({ packet }) => (packet.at ?? 0) - 1_795_892_007_000)).toStrictEqual([
    ...[0, 0, 0],
    ...[1500, 1500, 1500, 1500],
    2000,
  ])
  expect(concat(segments.map(({ payload }) => payload))).toStrictEqual(new Uint8Array(12))
})
