import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { drive, type Drive, type SessionHandler } from '../../../../src/net/connection/drive.ts'
import type { TransportEnd } from '../../../../src/net/transport.ts'
import { PeerSession } from '../../../../src/session/peer/session.ts'
import type { SessionEvent } from '../../../../src/session/peer/step.ts'
import { encodeMessage, encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { FakeTransport } from '../../../support/transports/fake-transport.ts'
import { initiator, outline, theirHandshake } from '../../../support/sessions/session.ts'
import { patternBytes } from '../../../support/utp/utp-pair.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

interface Driven {
  readonly driven: Drive
  readonly transport: FakeTransport
  readonly clock: VirtualClock
  readonly seen: string[]
  readonly ends: TransportEnd[]
}

function driveFake(
  onEvents?: (events: readonly SessionEvent[], driven: () => Drive, transport: FakeTransport) => void,
): Driven {
  const transport = new FakeTransport()
  const clock = new VirtualClock()
  const seen: string[] = []
  const ends: TransportEnd[] = []
  let depth = 0
  const handler: SessionHandler = {
    events: (events) => {
      expect(++depth).toBe(1)
      seen.push(...outline(events))
      onEvents?.(events, () => driven, transport)
      depth--
    },
    drained: () => seen.push('drained'),
    closed: (end) => ends.push(end),
  }
  const driven = drive(transport, new PeerSession(initiator({}, { keepAliveAfterMs: 500 })), clock, handler)
  return { driven, transport, clock, seen, ends }
}

const GREETED = ['handshake-sent', 'handshake-received', 'sent extended', 'sent have-none']

describe('order', () => {
  test('a send, and bytes, from inside a handler wait for their turn', () => {
    let sent = false
    const { seen, transport } = driveFake((events, driven, fake) => {
      if (sent || !events.some(({ type }) => type === 'received')) return
      sent = true
      driven().send([{ type: 'interested' }])
      fake.deliver(encodeMessage({ type: 'have', piece: 2 }))
    })
    transport.deliver(theirHandshake())
    transport.deliver(encodeMessages([{ type: 'unchoke' }, { type: 'have', piece: 1 }]))
    expect(seen.slice(GREETED.length)).toStrictEqual([
      'received unchoke',
      'received have',
      'sent interested',
      'received have',
    ])
    expect(transport.writes.at(-1)).toStrictEqual(encodeMessage({ type: 'interested' }))
  })

  test('bytes that waited are those that came, although their memory was used again', () => {
    const received: Message[] = []
    let nested = false
    const { transport } = driveFake((events, _, fake) => {
      for (const event of events)
        if (event.type === 'received') received.push(...structuredClone(event.messages))
      if (nested || received.length === 0) return
      nested = true
      fake.deliver(encodeMessage({ type: 'piece', piece: 1, begin: 0, block: Uint8Array.of(1, 2, 3) }))
    })
    transport.deliver(theirHandshake())
    transport.deliver(encodeMessage({ type: 'unchoke' }))
    expect(received[1]).toMatchObject({ type: 'piece', block: Uint8Array.of(1, 2, 3) })
  })

  test('a long read is taken in parts, so that not all of its messages are in memory at once', () => {
    const counts: number[] = []
    const { transport } = driveFake((events) => {
      for (const event of events) if (event.type === 'received') counts.push(event.messages.length)
    })
    transport.deliver(theirHandshake())
    const have = encodeMessage({ type: 'have', piece: 1 })
    const bytes = new Uint8Array(have.length * 100_000)
    for (let at = 0; at < bytes.length; at += have.length) bytes.set(have, at)
    transport.deliver(bytes)
    // 262 144 bytes at a time
    expect(counts).toStrictEqual([29_127, 29_127, 29_127, 12_619])
  })

  test('what may not be sent is refused to the caller, inside a handler too, and nothing is written', () => {
    const errors: unknown[] = []
    const { driven, transport } = driveFake((events, own) => {
      if (events[0]?.type !== 'handshake-received') return
      try {
        own().send([{ type: 'port', port: 1 }])
      } catch (error) {
        errors.push(error)
      }
    })
    expect(() => driven.send([{ type: 'interested' }])).toThrow(
      expect.objectContaining({ code: 'E_NOT_NEGOTIATED' }),
    )
    transport.deliver(theirHandshake(['fast']))
    expect(errors).toMatchObject([{ code: 'E_NOT_NEGOTIATED' }])
    expect(transport.writes).toHaveLength(2)
  })

  test('blocks leave where they are if the transport can, else in one write of their own; before the handshake not at all', () => {
    const blocks = [0, 5].map((begin) => ({
      type: 'piece' as const,
      piece: 1,
      begin,
      block: patternBytes(5),
    }))
    const together: (readonly Uint8Array[])[] = []
    const { driven, transport, seen } = driveFake()
    expect(() => driven.upload(blocks)).toThrow(expect.objectContaining({ code: 'E_NOT_NEGOTIATED' }))
    transport.deliver(theirHandshake())
    expect(driven.upload(blocks)).toBe(true)
    expect(transport.writes.at(-1)).toStrictEqual(encodeMessages(blocks))
    const count = transport.writes.length
    Object.assign(transport, { writeAll: (parts: readonly Uint8Array[]) => together.push(parts) === 0 })
    expect(driven.upload(blocks)).toBe(false)
    expect(transport.writes).toHaveLength(count)
    expect(together[0]?.filter((part) => blocks.some(({ block }) => block === part))).toHaveLength(2)
    expect(concat(together[0] ?? [])).toStrictEqual(encodeMessages(blocks))
    expect(seen.slice(GREETED.length)).toStrictEqual(Array.from({ length: 4 }, () => 'sent piece'))
  })

  test('whoever uploads is told when the blocks are written, from inside a handler too', async () => {
    const written: string[] = []
    const block = patternBytes(5)
    const piece = { type: 'piece', piece: 1, begin: 0, block } as const
    const { driven, transport } = driveFake((events, own) => {
      if (!events.some(({ type }) => type === 'received')) return
      own().upload([piece], () => written.push('inside'))
    })
    transport.deliver(theirHandshake())
    driven.upload([piece], () => written.push('outside'))
    expect(written).toStrictEqual([])
    await Promise.resolve()
    expect(written).toStrictEqual(['outside'])
    let tell = (): void => {}
    Object.assign(transport, {
      writeAll: (_: readonly Uint8Array[], then: () => void) => {
        tell = then
        return true
      },
    })
    transport.deliver(encodeMessage({ type: 'unchoke' }))
    await Promise.resolve()
    expect(written).toStrictEqual(['outside'])
    tell()
    expect(written).toStrictEqual(['outside', 'inside'])
  })

  test('a close in the middle of a step ends it: what waited is dropped', () => {
    const { seen, transport, ends } = driveFake((events, driven, fake) => {
      if (!events.some(({ type }) => type === 'received')) return
      fake.deliver(encodeMessage({ type: 'choke' }))
      driven().abort()
    })
    transport.deliver(theirHandshake())
    transport.deliver(encodeMessage({ type: 'unchoke' }))
    expect(seen.at(-1)).toBe('received unchoke')
    expect(ends).toStrictEqual([{ by: 'us', kind: 'rst' }])
  })
})

describe('time', () => {
  test('one timer at most, for the next deadline; none after the end', () => {
    const { transport, clock, seen, ends } = driveFake()
    expect(clock.pending).toBe(1)
    transport.deliver(theirHandshake())
    expect(clock.pending).toBe(1)
    clock.advance(499)
    expect(seen).toStrictEqual(GREETED)
    clock.advance(1)
    expect(seen.at(-1)).toBe('sent keep-alive')
    expect(clock.pending).toBe(1)
    transport.close({ by: 'peer', kind: 'fin' })
    expect([clock.pending, ends.length]).toStrictEqual([0, 1])
  })

  test('a peer that is late fails the session, and no timer is left', () => {
    const { clock, seen } = driveFake()
    clock.advance(1000)
    expect(seen).toStrictEqual(['handshake-sent', 'failed E_HANDSHAKE_TIMEOUT'])
    expect(clock.pending).toBe(0)
  })

  test('a deadline that moves back is not scheduled anew for each send', () => {
    const { driven, transport, clock, seen } = driveFake()
    transport.deliver(theirHandshake())
    clock.advance(300)
    driven.send([{ type: 'interested' }])
    clock.advance(499)
    expect(seen.at(-1)).toBe('sent interested')
    clock.advance(1)
    expect(seen.at(-1)).toBe('sent keep-alive')
  })
})

test('a send returns whether there is room, and the handler is called when there is again', () => {
  const { driven, transport, seen } = driveFake()
  transport.deliver(theirHandshake())
  expect(driven.send([{ type: 'interested' }])).toBe(true)
  transport.hasRoom = false
  expect(driven.send([{ type: 'interested' }])).toBe(false)
  transport.drain()
  expect(seen.at(-1)).toBe('drained')
})
