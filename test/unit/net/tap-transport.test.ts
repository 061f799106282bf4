import { expect, test } from 'vitest'
import { TapTransport, type RawBytes } from '../../../src/net/tap-transport.ts'
import type { TransportEnd } from '../../../src/net/transport.ts'
import { toHex } from '../../../src/base/bytes.ts'
import { FakeTransport } from '../../support/transports/fake-transport.ts'

/** A tap, everything that it reports, and everything that its sink gets. */
function tapped() {
  const inner = new FakeTransport()
  const raw: string[] = []
  const got: string[] = []
  const tap = new TapTransport(inner, ({ direction, offset, length, bytes }: RawBytes) =>
    raw.push(`${direction} ${offset}+${length} ${toHex(bytes)}`),
  )
  const start = () =>
    tap.start({
      bytes: (chunk) => got.push(toHex(chunk)),
      drained: () => got.push('drained'),
      closed: ({ by, kind }: TransportEnd) => got.push(`closed by ${by}, ${kind}`),
    })
  return { inner, tap, raw, got, start }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what comes before the consumer is reported at once, and delivered when it starts', async () => {
  const { inner, tap, raw, got, start } = tapped()
  inner.deliver(Uint8Array.of(1, 2))
  inner.deliver(Uint8Array.of(3))
  expect(raw).toEqual(['received 0+2 0102', 'received 2+1 03'])
  tap.write(Uint8Array.of(9))
  expect(raw.at(-1)).toBe('sent 0+1 09')
  start()
  await turn()
  inner.deliver(Uint8Array.of(4))
  expect(got).toEqual(['0102', '03', '04'])
  expect(inner.writes).toEqual([Uint8Array.of(9)])
})

test('an end before the consumer is seen, and delivered after the bytes', async () => {
  const { inner, tap, got, start } = tapped()
  inner.deliver(Uint8Array.of(1))
  inner.close({ by: 'peer', kind: 'fin' })
  await tap.untilEnded()
  expect(tap.ended).toEqual({ by: 'peer', kind: 'fin' })
  start()
  await turn()
  expect(got).toEqual(['01', 'closed by peer, fin'])
})

test('only the first 256 bytes of each direction are reported', () => {
  const { inner, tap, raw } = tapped()
  inner.deliver(new Uint8Array(250))
  inner.deliver(new Uint8Array(10).fill(7))
  inner.deliver(new Uint8Array(10))
  tap.write(new Uint8Array(300))
  tap.writeAll([new Uint8Array(1)])
  expect(raw.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'received 0+250',
    'received 250+10',
    'sent 0+300',
  ])
  expect(raw[1]).toBe('received 250+10 070707070707')
  expect(raw[2]?.length).toBe('sent 0+300 '.length + 512)
})

test('a peer that sends without end before the consumer starts is not read any further', () => {
  const { inner } = tapped()
  for (let i = 0; i < 5; i++) inner.deliver(new Uint8Array(16_384))
  expect(inner.isPaused).toBe(true)
})
