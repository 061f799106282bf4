import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import type { Endpoint, Listener, Transport, TransportEnd } from '../../../../src/net/transport.ts'
import { ChunkJoiner } from '../../../../src/net/utp/chunk-joiner.ts'
import { UtpConnectionTransport } from '../../../../src/net/utp/transport.ts'
import { UtpConnection } from '../../../../src/session/utp/connection.ts'
import { dialUtp, listenUtp } from '../../../../src/net/utp/utp.ts'
import { watchTimers } from '../../../support/processes/watch-timers.ts'
import { patternBytes } from '../../../support/utp/utp-pair.ts'

const LOOPBACK: Endpoint = { address: '127.0.0.1', port: 0, family: 4 }

/** What a transport delivered, and when it is over. */
class Recorder {
  readonly chunks: Uint8Array[] = []
  readonly closed: Promise<TransportEnd>
  length = 0
  drains = 0
  #isInside = false
  #waiting: { readonly length: number; readonly done: () => void } | undefined

  constructor(transport: Transport) {
    this.closed = new Promise((resolve) => {
      transport.start({
        bytes: (chunk) => this.#enter(() => this.#add(chunk)),
        drained: () => this.#enter(() => this.drains++),
        closed: (end) => this.#enter(() => resolve(end)),
      })
    })
  }

  /** Until at least `length` bytes have come. */
  until(length: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting = { length, done }
      this.#check()
    })
  }

  #add(chunk: Uint8Array): void {
    this.chunks.push(chunk.slice())
    this.length += chunk.length
    this.#check()
  }

  #check(): void {
    if (this.#waiting !== undefined && this.length >= this.#waiting.length) this.#waiting.done()
  }

  #enter(run: () => void): void {
    if (this.#isInside) throw new Error('calls to a sink overlap')
    this.#isInside = true
    run()
    this.#isInside = false
  }
}

let listener: Listener | undefined

afterEach(async () => {
  await listener?.close()
  listener = undefined
})

async function pair(address = LOOPBACK): Promise<{ client: Transport; server: Promise<Transport> }> {
  let accepted: (transport: Transport) => void = () => undefined
  const server = new Promise<Transport>((resolve) => (accepted = resolve))
  listener = await listenUtp(address, accepted)
  const client = await dialUtp(listener.address, { timeoutMs: 5000 })
  // an acceptor has a connection once the initiator has said something
  client.write(Uint8Array.of(1))
  return { client, server }
}

describe('uTP over loopback', () => {
  test.each([LOOPBACK, { address: '::1', port: 0, family: 6 } as const])(
    'both ways over $address',
    async (address) => {
      const { client, server } = await pair(address)
      const far = await server
      const [near, there] = [new Recorder(client), new Recorder(far)]
      const bytes = patternBytes(3_000_000)
      expect(client.write(bytes)).toBe(false)
      far.write(bytes.subarray(0, 50_000))
      await Promise.all([near.until(50_000), there.until(3_000_001)])
      client.end()
      expect(await there.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
      expect(await near.closed).toStrictEqual({ by: 'us', kind: 'fin' })
      expect(Buffer.compare(concat(there.chunks), concat([Uint8Array.of(1), bytes]))).toBe(0)
      expect(Buffer.compare(concat(near.chunks), bytes.subarray(0, 50_000))).toBe(0)
      expect(near.drains).toBe(1)
      expect([far.bytesReceived, client.bytesReceived]).toStrictEqual([3_000_001, 50_000])
      expect([client.kind, client.encryption, client.remote, far.local]).toStrictEqual([
        'utp',
        'plaintext',
        listener?.address,
        listener?.address,
      ])
    },
  )

  test('a transport that nobody has started, or that is paused, holds the sender back', async () => {
    const { client, server } = await pair()
    const near = new Recorder(client)
    const bytes = patternBytes(4_000_000)
    client.write(bytes)
    client.end()
    const far = await server
    const there = new Recorder(far)
    await there.until(100_000)
    far.pause()
    const held = there.length
    // a round trip of the event loop in which nothing may be delivered
    await new Promise((resolve) => setImmediate(resolve))
    expect(there.length).toBe(held)
    expect(client.bytesSent).toBeLessThan(4_000_000)
    far.resume()
    expect(await there.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
    expect(Buffer.compare(concat(there.chunks), concat([Uint8Array.of(1), bytes]))).toBe(0)
    expect((await near.closed).kind).toBe('fin')
  })

  test('an abort is a reset at the other side', async () => {
    const { client, server } = await pair()
    const [near, there] = [new Recorder(client), new Recorder(await server)]
    await there.until(1)
    client.abort()
    expect(await near.closed).toStrictEqual({ by: 'us', kind: 'rst' })
    expect(await there.closed).toStrictEqual({ by: 'peer', kind: 'rst' })
  })

  test('a listener that is closed takes nobody new and leaves those who are in', async () => {
    const { client, server } = await pair()
    const [, there] = [new Recorder(client), new Recorder(await server)]
    await listener?.close()
    client.write(patternBytes(1000))
    await there.until(1001)
    await expect(dialUtp(client.remote, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'E_CONNECT_TIMEOUT',
    })
    client.end()
    expect((await there.closed).kind).toBe('fin')
  })
})

describe('a connection that is given up', () => {
  const GIVEN_UP = { type: 'failed', failure: 'timeout', detail: 'six time-outs' } as const
  const systemError = (code: string) => Object.assign(new Error(code), { code })

  test.each<[string, (transport: UtpConnectionTransport) => void, TransportEnd]>([
    [
      'in silence is given up by us',
      (transport) => transport.take(GIVEN_UP),
      { by: 'us', kind: null, failure: { type: 'unanswered', detail: 'six time-outs' } },
    ],
    [
      'while the system reports no route is lost by the network',
      (transport) => {
        transport.sendFailed(systemError('ENETUNREACH'))
        transport.take(GIVEN_UP)
      },
      {
        by: 'network',
        kind: null,
        failure: { type: 'lost', detail: 'the route to the peer is gone (ENETUNREACH)' },
      },
    ],
    [
      'while the system refuses to send is stopped here',
      (transport) => {
        transport.sendFailed(systemError('EPERM'))
        transport.take(GIVEN_UP)
      },
      {
        by: 'us',
        kind: null,
        failure: { type: 'blocked', detail: 'the system refuses to send to the peer (EPERM)' },
      },
    ],
    [
      'on an ICMP message is lost by the network',
      (transport) => transport.take({ type: 'failed', failure: 'refused', detail: 'nobody has that port' }),
      { by: 'network', kind: null, failure: { type: 'lost', detail: 'nobody has that port' } },
    ],
    [
      'after our end was ended by us',
      (transport) => {
        transport.end()
        transport.take(GIVEN_UP)
      },
      { by: 'us', kind: 'fin' },
    ],
    [
      'by a reset after our end was ended by us',
      (transport) => {
        transport.end()
        transport.take({ type: 'reset' })
      },
      { by: 'us', kind: 'fin' },
    ],
  ])('%s', async (_, act, wanted) => {
    const connection = new UtpConnection({ connectionId: 1, sequenceNumber: 1 })
    const carrier = { joiner: new ChunkJoiner(), step: () => undefined, redeliver: () => undefined }
    const transport = new UtpConnectionTransport(connection, carrier, LOOPBACK, LOOPBACK)
    const { closed } = new Recorder(transport)
    await Promise.resolve()
    act(transport)
    expect(await closed).toStrictEqual(wanted)
  })
})

describe('dialling', () => {
  test('a UDP port that nobody has is refused', async () => {
    const taken = createSocket('udp4')
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve))
    const { port } = taken.address()
    await new Promise<void>((resolve) => taken.close(resolve))
    await expect(dialUtp({ ...LOOPBACK, port }, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'E_CONNECT_REFUSED',
      phase: 'connect',
      hint: 'a client without uTP and one that is not running look the same: try --transport tcp',
    })
  })

  test('an abort before the socket is bound ends it', async () => {
    const stop = new AbortController()
    const attempt = dialUtp({ ...LOOPBACK, port: 9 }, { timeoutMs: 60_000, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(attempt).rejects.toThrow('enough')
  })

  test('silence ends with the time limit, or with the signal', async () => {
    const silent = createSocket('udp4')
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
    const to = { ...LOOPBACK, port: silent.address().port }
    await expect(dialUtp(to, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'E_CONNECT_TIMEOUT' })
    const stop = new AbortController()
    const attempt = dialUtp(to, { timeoutMs: 60_000, signal: stop.signal })
    silent.once('message', () => stop.abort(new Error('enough')))
    await expect(attempt).rejects.toThrow('enough')
    await expect(dialUtp(to, { timeoutMs: 60_000, signal: stop.signal })).rejects.toThrow('enough')
    silent.close()
  })

  test('no timer is left behind, whoever answers', async () => {
    const timers = watchTimers()
    try {
      const listener = await listenUtp(LOOPBACK, () => undefined)
      const transport = await dialUtp(listener.address, { timeoutMs: 60_000 })
      expect(timers.set).toBeGreaterThan(0)
      expect(timers.waiting).toBe(0)
      transport.abort()
      await listener.close()
      const silent = { address: '127.0.0.1', port: 1, family: 4 } as const
      await expect(dialUtp(silent, { timeoutMs: 60_000 })).rejects.toMatchObject({
        code: 'E_CONNECT_REFUSED',
      })
      expect(timers.waiting).toBe(0)
    } finally {
      timers.stop()
    }
  })

  test('a port in use cannot be listened on', async () => {
    listener = await listenUtp(LOOPBACK, () => undefined)
    await expect(listenUtp(listener.address, () => undefined)).rejects.toMatchObject({ code: 'E_BIND' })
  })

  test('an address that is not ours cannot be dialled from', async () => {
    await expect(
      dialUtp({ ...LOOPBACK, port: 9 }, { timeoutMs: 50, source: '192.0.2.1' }),
    ).rejects.toMatchObject({
      code: 'E_BIND',
    })
  })
})
