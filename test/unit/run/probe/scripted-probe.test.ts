import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { dialPeer } from '../../../../src/net/dial.ts'
import type { TransportEnd } from '../../../../src/net/transport.ts'
import { runProbe } from '../../../../src/run/probe/run-probe.ts'
import type { ScriptedHow } from '../../../../src/session/probe/scripts.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { bigintDiffieHellman } from '../../../../src/wire/mse/keys.ts'
import { FakePeer } from '../../../support/peers/fake-peer.ts'
import { testPorts } from '../../../support/sessions/fetch-setup.ts'
import { probeContext, USUAL_PROBE } from '../../../support/sessions/probe-context.ts'
import type { ScriptedPeer } from '../../../support/peers/scripted-peer.ts'
import { type ServiceName, startService } from '../../../support/services/services.ts'

const THEIR_KEY = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(6))

/** A probe of a peer whose answers the test gives, on a clock that the test moves. */
class ProbedPeer extends FakePeer {
  readonly events: TraceEvent[] = []
  readonly #abort = new AbortController()
  #over: Promise<void> | undefined

  async start(how: ScriptedHow): Promise<void> {
    const ports = { ...this.ports, signal: this.#abort.signal }
    const context = probeContext(this.address, ports, (event) => this.events.push(event))
    this.#over = runProbe({ ...USUAL_PROBE, how }, 1, context)
    // a test that expects a failure awaits it later
    this.#over.catch(() => undefined)
    await this.pass()
  }

  async end(end: TransportEnd): Promise<void> {
    this.transport.close(end)
    await this.pass()
  }

  stop(reason: unknown): void {
    this.#abort.abort(reason)
  }

  get over(): Promise<void> {
    return this.#over ?? Promise.resolve()
  }

  /** What was sent and when, and what the probe recorded in the end. */
  get sent() {
    return this.events.flatMap((event) =>
      event.type === 'raw' && event.direction === 'sent' ? [[event.at, event.offset, event.length]] : [],
    )
  }

  get types(): readonly string[] {
    return this.events.map((event) => (event.type === 'encryption' ? event.step : event.type))
  }
}

describe('a probe records', () => {
  test('its parts as they are sent, and that we closed', async () => {
    const peer = new ProbedPeer()
    await peer.start('steps')
    for (let i = 0; i < 30; i++) await peer.wait(250)
    await peer.over
    expect(peer.sent).toStrictEqual([
      [250, 0, 20],
      [950, 20, 8],
      [1650, 28, 20],
      [3650, 48, 20],
    ])
    expect(peer.events.slice(-2)).toMatchObject([
      { type: 'closed', by: 'us', kind: 'fin', phase: 'handshake', bytesSent: 68, bytesReceived: 0 },
      { type: 'ended', error: null },
    ])
    expect(peer.clock.pending).toBe(0)
  })

  test('a key that comes after the whole of ours', async () => {
    const peer = new ProbedPeer()
    await peer.start('key')
    await peer.wait(750)
    await peer.bytes(THEIR_KEY)
    await peer.wait(1000)
    await peer.over
    expect(peer.types).toStrictEqual([
      'peer',
      'probe',
      'attempt',
      'connected',
      'raw',
      'raw',
      'public-key-sent',
      'raw',
      'public-key-received',
      'closed',
      'ended',
    ])
  })

  test('no key for bytes that come after half of ours', async () => {
    const peer = new ProbedPeer()
    await peer.start('key')
    await peer.wait(250)
    await peer.bytes(THEIR_KEY)
    await peer.wait(1000)
    await peer.over
    expect(peer.types).not.toContain('public-key-sent')
    expect(peer.types).not.toContain('public-key-received')
    expect(peer.events.at(-2)).toMatchObject({ bytesSent: 48, bytesReceived: 96 })
  })

  test('a close of the peer, and stops its clock', async () => {
    const peer = new ProbedPeer()
    await peer.start('http')
    await peer.wait(100)
    await peer.end({ by: 'peer', kind: 'rst' })
    await peer.over
    expect(peer.events.slice(-2)).toMatchObject([
      { type: 'closed', by: 'peer', kind: 'rst', bytesSent: 0 },
      { type: 'ended', error: null },
    ])
    expect(peer.clock.pending).toBe(0)
  })

  test('a connection that the network lost, as an error', async () => {
    const peer = new ProbedPeer()
    await peer.start('http')
    const failure = { type: 'lost', detail: 'the route is gone' } as const
    await peer.end({ by: 'network', kind: null, failure })
    await peer.over
    expect(peer.events.at(-1)).toMatchObject({ type: 'ended', error: { code: 'E_HANDSHAKE_LOST' } })
  })

  test('at most 256 bytes of each direction, and stops a flood', async () => {
    const peer = new ProbedPeer()
    await peer.start('silence')
    for (let i = 0; i < 20; i++) await peer.bytes(new Uint8Array(100).fill(i))
    await peer.over
    const raw = peer.events.filter((event) => event.type === 'raw')
    expect(raw.map(({ offset, length, bytes }) => [offset, length, bytes.length / 2])).toStrictEqual([
      [0, 100, 100],
      [100, 100, 100],
      [200, 100, 56],
    ])
    expect(peer.events.at(-2)).toMatchObject({ type: 'closed', by: 'us' })
  })

  test('that it was stopped', async () => {
    const peer = new ProbedPeer()
    await peer.start('silence')
    const reason = new PeerError('E_INTERRUPTED', 'stopped by SIGINT')
    peer.stop(reason)
    await expect(peer.over).rejects.toBe(reason)
    expect(peer.events.slice(-2)).toMatchObject([
      { type: 'closed', by: 'us' },
      { type: 'ended', error: { code: 'E_INTERRUPTED' } },
    ])
  })
})

async function probe(how: ScriptedHow, to: { readonly host: string; readonly port: number }) {
  const events: TraceEvent[] = []
  const { host, port } = to
  const ports = { ...testPorts(), dial: dialPeer }
  await runProbe(
    { ...USUAL_PROBE, how },
    1,
    probeContext({ host, port }, ports, (event) => events.push(event)),
  )
  return events
}

const firstBytes = (events: readonly TraceEvent[]) =>
  events.find((event) => event.type === 'raw' && event.direction === 'received')

describe('over a socket', () => {
  let service: ScriptedPeer | undefined
  afterEach(async () => service?.stop())

  test.each<[ScriptedHow, ServiceName, string]>([
    ['silence', 'ssh', '5353482d'],
    ['http', 'http', '48545450'],
    ['tls', 'tls', '160303'],
    ['socks', 'socks5', '0500'],
    ['key', 'http', '48545450'],
    ['silence', 'late-banner', '3232'],
  ])('%s brings the first bytes of %s', async (how, name, start) => {
    service = await startService(name)
    expect(firstBytes(await probe(how, service))).toMatchObject({
      bytes: expect.stringMatching(new RegExp(`^${start}`)),
    })
  })

  test('a refused connection is recorded with what the system said', async () => {
    service = await startService('discard')
    await service.stop()
    expect((await probe('key', service)).at(-1)).toMatchObject({
      type: 'ended',
      phase: 'connect',
      error: { code: 'E_CONNECT_REFUSED' },
      system: 'ECONNREFUSED',
    })
  })

  test('the ClientHello is one that OpenSSL can read', async () => {
    // without a certificate it cannot answer, which it finds out after it has read the hello
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const failed = once(server, 'tlsClientError')
    const { port } = server.address() as AddressInfo
    const events = await probe('tls', { host: '127.0.0.1', port })
    expect(await failed).toMatchObject([{ code: 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM' }, {}])
    expect(firstBytes(events)).toMatchObject({ bytes: expect.stringMatching(/^15030[0-3]0002/) })
    server.close()
  })
})
