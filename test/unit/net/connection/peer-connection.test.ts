import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { PeerConnection, type ConnectionOptions } from '../../../../src/net/connection/peer-connection.ts'
import { encodeMessage, encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { FakeTransport } from '../../../support/transports/fake-transport.ts'
import { ALL_FEATURES, OUR_ID, theirHandshake, TORRENT } from '../../../support/sessions/session.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const KEEP_ALIVE: Message = { type: 'keep-alive' }

function connecting(options: Partial<ConnectionOptions> = {}) {
  const transport = new FakeTransport()
  const clock = new VirtualClock()
  const opening = PeerConnection.connect(transport, {
    torrent: TORRENT,
    peerId: OUR_ID,
    features: ALL_FEATURES,
    handshakeTimeoutMs: 1000,
    clock,
    ...options,
  })
  return { transport, clock, opening }
}

async function connect(options: Partial<ConnectionOptions> = {}) {
  const { transport, clock, opening } = connecting(options)
  transport.deliver(theirHandshake())
  return { transport, clock, connection: await opening }
}

/** Closes only when the test says so, as with data that the peer does not read. */
class SlowToClose extends FakeTransport {
  override end(): void {
    // the test closes it
  }
}

test('the end of a connection is when we stopped reading, however long what we had queued takes to leave', async () => {
  const transport = new SlowToClose()
  const clock = new VirtualClock()
  const times: number[] = []
  const opening = PeerConnection.connect(transport, {
    torrent: TORRENT,
    peerId: OUR_ID,
    clock,
    onEnd: (_end, _pending, at) => times.push(at),
  })
  transport.deliver(theirHandshake())
  const connection = await opening
  clock.advance(100)
  const closing = connection.close()
  clock.advance(3000)
  transport.close({ by: 'us', kind: 'fin' })
  await closing
  expect(times).toStrictEqual([100])
})

test('the end of a connection that the peer closes is when that is seen', async () => {
  const times: number[] = []
  const { transport, clock, connection } = await connect({ onEnd: (_end, _pending, at) => times.push(at) })
  clock.advance(700)
  transport.close({ by: 'peer', kind: 'fin' })
  await connection.close()
  expect(times).toStrictEqual([700])
})

describe('opening', () => {
  test('fails with what came, and only when the transport is closed', async () => {
    const rows = [
      {
        act: (fake: FakeTransport) => fake.close({ by: 'peer', kind: 'fin' }),
        code: 'E_HANDSHAKE_CLOSED',
        by: 'peer',
      },
      {
        act: (fake: FakeTransport) => fake.close({ by: 'peer', kind: 'rst' }),
        code: 'E_HANDSHAKE_RESET',
        by: 'peer',
      },
      {
        act: (fake: FakeTransport) => fake.deliver(Buffer.from('SSH-2.0')),
        code: 'E_NOT_BITTORRENT_SSH',
        by: 'us',
      },
      {
        act: (_: FakeTransport, clock: VirtualClock) => clock.advance(1000),
        code: 'E_HANDSHAKE_TIMEOUT',
        by: 'us',
      },
      {
        act: (fake: FakeTransport) => fake.deliver(theirHandshake([], { infoHash: new Uint8Array(20) })),
        code: 'E_WRONG_INFO_HASH',
        by: 'us',
      },
    ] as const
    for (const { act, code, by } of rows) {
      const ends: unknown[] = []
      const { transport, clock, opening } = connecting({ onEnd: (end) => ends.push(end) })
      act(transport, clock)
      await expect(opening).rejects.toMatchObject({ code })
      expect(ends).toMatchObject([
        { by, phase: 'handshake', bytesSent: 68, bytesReceived: transport.bytesReceived },
      ])
      expect(clock.pending).toBe(0)
    }
  })

  test('a signal stops it, before and during, and is let go of after', async () => {
    const stopped = AbortSignal.abort(new Error('enough'))
    const before = connecting({ signal: stopped })
    await expect(before.opening).rejects.toThrow('enough')
    const controller = new AbortController()
    const during = connecting({ signal: controller.signal })
    controller.abort(new Error('enough now'))
    await expect(during.opening).rejects.toThrow('enough now')
  })

  test('one signal for many connections does not remember those that ended', async () => {
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args))
    for (let i = 0; i < 3; i++) {
      const { transport, connection } = await connect({ signal })
      expect(listeners).toBe(1)
      if (i === 0) await connection.close()
      else transport.close({ by: 'peer', kind: 'fin' })
      expect(listeners).toBe(0)
    }
  })

  test('an acceptor greets as an initiator does', async () => {
    const transport = new FakeTransport()
    const opening = PeerConnection.accept(transport, {
      find: () => TORRENT,
      peerId: OUR_ID,
      clock: new VirtualClock(),
    })
    transport.deliver(theirHandshake())
    const connection = await opening
    expect(connection.handshake.features).toContain('fast')
    expect(transport.writes.map(({ length }) => length)[0]).toBe(68)
  })
})

describe('receiving', () => {
  test('messages that came with the handshake are not lost; the end is undefined', async () => {
    const { transport, opening } = connecting()
    transport.deliver(concat([theirHandshake(), encodeMessages([{ type: 'have-all' }, { type: 'unchoke' }])]))
    const connection = await opening
    transport.deliver(encodeMessage({ type: 'have', piece: 3 }))
    transport.close({ by: 'peer', kind: 'fin' })
    const seen: string[] = []
    for await (const message of connection) seen.push(message.type)
    expect(seen).toStrictEqual(['have-all', 'unchoke', 'have'])
    expect(await connection.receive()).toBeUndefined()
    expect(connection.end).toMatchObject({ by: 'peer', kind: 'fin', phase: 'extension-handshake' })
  })

  test('a message may be kept although the memory of its chunk is used again', async () => {
    const { transport, connection } = await connect()
    transport.deliver(encodeMessage({ type: 'piece', piece: 0, begin: 0, block: Uint8Array.of(1, 2, 3) }))
    transport.deliver(encodeMessage({ type: 'bitfield', bits: fromHex('abcdef') }))
    expect(await connection.receive()).toMatchObject({ block: Uint8Array.of(1, 2, 3) })
    expect(await connection.receive()).toMatchObject({ bits: fromHex('abcdef') })
  })

  test('batches: all that wait, then all that came meanwhile', async () => {
    const { transport, connection } = await connect()
    transport.deliver(encodeMessages([KEEP_ALIVE, KEEP_ALIVE]))
    transport.deliver(encodeMessage({ type: 'choke' }))
    const batches = connection.batches()
    expect((await batches.next()).value).toHaveLength(3)
    const next = batches.next()
    transport.deliver(encodeMessage({ type: 'unchoke' }))
    expect((await next).value).toStrictEqual([{ type: 'unchoke' }])
    transport.close({ by: 'peer', kind: 'fin' })
    expect((await batches.next()).done).toBe(true)
  })

  test('a reset and a broken frame surface after what came before them', async () => {
    const reset = await connect()
    reset.transport.deliver(encodeMessage({ type: 'unchoke' }))
    reset.transport.close({ by: 'peer', kind: 'rst' })
    expect(await reset.connection.receive()).toStrictEqual({ type: 'unchoke' })
    await expect(reset.connection.receive()).rejects.toMatchObject({ code: 'E_SESSION_RESET', offset: 73 })
    const broken = await connect()
    broken.transport.deliver(concat([encodeMessage({ type: 'unchoke' }), fromHex('ffffffff')]))
    expect(await broken.connection.receive()).toStrictEqual({ type: 'unchoke' })
    await expect(broken.connection.receive()).rejects.toMatchObject({ code: 'E_FRAME_TOO_LARGE', offset: 73 })
    await expect(broken.connection.send(KEEP_ALIVE)).rejects.toMatchObject({ code: 'E_FRAME_TOO_LARGE' })
    expect(broken.connection.end).toMatchObject({ by: 'us', kind: 'fin' })
  })

  test('a wait with a deadline ends at it, however much the peer sends', async () => {
    const { transport, clock, connection } = await connect()
    const waiting = connection.untilMessages(50)
    clock.advance(50)
    expect(await waiting).toBe(false)
    transport.deliver(encodeMessages([KEEP_ALIVE, KEEP_ALIVE]))
    expect(await connection.untilMessages(50)).toBe(false)
    expect(await connection.untilMessages(51)).toBe(true)
    expect(connection.takeMessages()).toHaveLength(2)
    expect(connection.takeMessages()).toStrictEqual([])
    // the keep-alive that is due stands, no deadline of a wait does
    expect(clock.pending).toBe(1)
    transport.close({ by: 'peer', kind: 'fin' })
    await expect(connection.untilMessages(99)).rejects.toMatchObject({ code: 'E_SESSION_CLOSED' })
  })
})

describe('a reader that is slow', () => {
  const rows = [
    { name: 'messages', bytes: new Uint8Array(4 * 4096) },
    {
      name: 'bytes',
      bytes: concat(
        Array.from({ length: 5 }, () =>
          encodeMessage({ type: 'bitfield', bits: new Uint8Array((1 << 20) - 5) }),
        ),
      ),
    },
  ]
  test.each(rows)(
    'pauses the peer at the bound on $name, and lets it go on when half is read',
    async ({ bytes }) => {
      const { transport, connection } = await connect()
      transport.deliver(bytes.subarray(0, bytes.length - 4))
      const before = transport.isPaused
      transport.deliver(bytes.subarray(bytes.length - 4))
      expect([before, transport.isPaused]).toStrictEqual([bytes.length > 1e6, true])
      let read = 0
      while (transport.isPaused) {
        expect(await connection.receive()).toBeDefined()
        read++
      }
      expect(read).toBe(bytes.length > 1e6 ? 3 : 2048)
      expect((await connection.batches().next()).value?.length).toBe(bytes.length > 1e6 ? 2 : 2048)
    },
  )
})

describe('sending', () => {
  test('waits for room, and for nothing else', async () => {
    const { transport, connection } = await connect()
    transport.hasRoom = false
    let done = false
    const sending = connection.send({ type: 'interested' }).then(() => (done = true))
    transport.deliver(encodeMessage({ type: 'unchoke' }))
    await connection.receive()
    expect([done, connection.hasRoom]).toStrictEqual([false, false])
    transport.drain()
    await sending
    expect(connection.hasRoom).toBe(true)
  })

  test('while the peer does not read, more than 64 KiB is not sent to it in answer: nothing more is read', async () => {
    const { transport, connection } = await connect()
    const request: Message = { type: 'request', piece: 0, begin: 0, length: 16_384 }
    const chunk = encodeMessages(Array.from({ length: 1024 }, () => request))
    connection.divert((diversion) => ({
      messages: (messages) => diversion.send(messages.map(() => ({ ...request, type: 'reject' }))),
      closed: () => undefined,
    }))
    transport.hasRoom = false
    const paused: boolean[] = []
    for (let i = 0; i < 4; i++) {
      transport.deliver(chunk)
      paused.push(transport.isPaused)
    }
    transport.drain()
    expect(paused).toStrictEqual([false, false, false, true])
    expect([transport.isPaused, connection.hasRoom]).toStrictEqual([false, true])
  })

  test('fails when the connection ends meanwhile, and after', async () => {
    const { transport, connection } = await connect()
    transport.hasRoom = false
    const sending = connection.send({ type: 'interested' })
    transport.close({ by: 'peer', kind: 'rst' })
    await expect(sending).rejects.toMatchObject({ code: 'E_SESSION_RESET' })
    await expect(connection.send({ type: 'interested' })).rejects.toMatchObject({ code: 'E_SESSION_RESET' })
  })

  test('raw bytes go out as they are', async () => {
    const { transport, connection } = await connect()
    connection.sendRaw(fromHex('ff'))
    expect(transport.writes.at(-1)).toStrictEqual(fromHex('ff'))
  })
})

test('close and abort tell how it ended, and readers stop in an orderly way', async () => {
  for (const [end, kind] of [
    ['close', 'fin'],
    ['abort', 'rst'],
  ] as const) {
    const { connection } = await connect()
    const reading = connection.receive()
    expect(await connection[end]()).toMatchObject({ by: 'us', kind, bytesReceived: 68 })
    expect(await reading).toBeUndefined()
    await expect(connection.until(() => false)).rejects.toMatchObject({
      code: expect.stringContaining('E_SESSION'),
    })
    await connection.close()
  }
})

test('a signal after the opening resets the connection', async () => {
  const controller = new AbortController()
  const { connection } = await connect({ signal: controller.signal })
  controller.abort(new Error('enough'))
  expect(connection.end).toMatchObject({ by: 'us', kind: 'rst' })
})
