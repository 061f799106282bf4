import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/net/clock.ts'
import { acceptEncrypted } from '../../../../src/net/mse/listen.ts'
import {
  acceptEncryption,
  encryptTransport,
  type AcceptEncryptionOptions,
} from '../../../../src/net/mse/encryption.ts'
import { dialTcp, listenTcp } from '../../../../src/net/tcp/tcp.ts'
import type { TransportEnd } from '../../../../src/net/transport.ts'
import type { MseEvent } from '../../../../src/session/mse/machine.ts'
import { bigintDiffieHellman, indexTorrents } from '../../../../src/wire/mse/keys.ts'
import { FakeTransport } from '../../../support/transports/fake-transport.ts'
import { memoryTransports } from '../../../support/transports/memory-transport.ts'
import { type ScriptedPeer, startPeer } from '../../../support/peers/scripted-peer.ts'
import { TransportRecorder } from '../../../support/transports/transport-recorder.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const INFO_HASH = new Uint8Array(20).fill(7)
const COMMON = {
  clock: systemClock,
  random: (length: number) => new Uint8Array(randomBytes(length)),
  stepTimeoutMs: 5000,
}
const ACCEPT: AcceptEncryptionOptions = {
  ...COMMON,
  findTorrent: indexTorrents([INFO_HASH]),
  plaintext: 'refuse',
}

const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

test('a thousand handshakes with pads of random lengths all stand', async () => {
  for (let round = 0; round < 1000; round++) {
    const [a, b] = memoryTransports()
    const allow = [round % 2 === 0 ? 'rc4' : 'plaintext'] as const
    const [near, far] = await Promise.all([
      encryptTransport(a, { ...COMMON, infoHash: INFO_HASH }),
      acceptEncryption(b, { ...ACCEPT, allow }),
    ])
    const [here, there] = [new TransportRecorder(near), new TransportRecorder(far)]
    near.write(Uint8Array.of(1, 2, 3))
    far.write(Uint8Array.of(4, 5))
    await Promise.all([there.until(3), here.until(2)])
    expect([...there.bytes, ...here.bytes]).toStrictEqual([1, 2, 3, 4, 5])
  }
})

test.each<[string, (transport: FakeTransport, clock: VirtualClock) => void]>([
  ['the peer closes', (transport) => transport.close({ by: 'peer', kind: 'fin' })],
  ['its time is over', (_, clock) => clock.advance(COMMON.stepTimeoutMs)],
  ['it is not MSE', (transport) => transport.deliver(Buffer.from('\x13BitTorrent protocol'))],
])('a handshake that fails because %s leaves no timer', async (_, fail) => {
  const transport = new FakeTransport()
  const clock = new VirtualClock()
  const attempt = encryptTransport(transport, { ...COMMON, clock, infoHash: INFO_HASH })
  fail(transport, clock)
  await expect(attempt).rejects.toMatchObject({ code: 'E_ENCRYPTION_FAILED' })
  expect(clock.pending).toBe(0)
})

/** A peer that does what the function does with each connection, and answers FIN with FIN. */
async function peer(serve: (socket: Socket) => void): Promise<ScriptedPeer> {
  const started = await startPeer(serve, { allowHalfOpen: false })
  cleanUps.push(() => started.stop())
  return started
}

const publicKey = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(9))

describe('a responder that does not go on', () => {
  const ROWS: readonly {
    name: string
    serve: (socket: Socket) => void
    step: string
    failure: string
    ended: TransportEnd
  }[] = [
    {
      name: 'closes at once',
      serve: (socket) => socket.end(),
      step: 'public-key',
      failure: 'closed',
      ended: { by: 'peer', kind: 'fin' },
    },
    {
      name: 'closes after its key',
      serve: (socket) => socket.end(publicKey),
      step: 'synchronisation',
      failure: 'closed',
      ended: { by: 'peer', kind: 'fin' },
    },
    {
      name: 'never synchronises, with a megabyte of noise',
      serve: (socket) => socket.write(Buffer.concat([publicKey, Buffer.alloc(1_000_000, 0x5a)])),
      step: 'synchronisation',
      failure: 'not-synchronised',
      ended: { by: 'us', kind: 'fin' },
    },
    {
      name: 'never synchronises, byte by byte',
      serve: (socket) => {
        socket.write(publicKey)
        const drip = () => {
          if (!socket.destroyed) socket.write(Buffer.alloc(1), () => setImmediate(drip))
        }
        drip()
      },
      step: 'synchronisation',
      failure: 'not-synchronised',
      ended: { by: 'us', kind: 'fin' },
    },
    {
      name: 'has a degenerate key',
      serve: (socket) => socket.write(new Uint8Array(96)),
      step: 'public-key',
      failure: 'degenerate-public-key',
      ended: { by: 'us', kind: 'fin' },
    },
    {
      name: 'is silent',
      serve: () => undefined,
      step: 'public-key',
      failure: 'timeout',
      ended: { by: 'us', kind: 'fin' },
    },
    {
      name: 'is silent after its key',
      serve: (socket) => socket.write(publicKey),
      step: 'synchronisation',
      failure: 'timeout',
      ended: { by: 'us', kind: 'fin' },
    },
  ]
  test.each(ROWS)('$name', async ({ serve, step, failure, ended }) => {
    const { port } = await peer(serve)
    const dialled = await dialTcp({ address: '127.0.0.1', port, family: 4 }, { timeoutMs: 5000 })
    const events: MseEvent[] = []
    const ends: TransportEnd[] = []
    const attempt = encryptTransport(dialled, {
      ...COMMON,
      stepTimeoutMs: failure === 'timeout' ? 50 : 5000,
      infoHash: INFO_HASH,
      onEvent: (event) => events.push(event),
      onEnd: (end) => ends.push(end),
    })
    await expect(attempt).rejects.toMatchObject({ code: 'E_ENCRYPTION_FAILED', phase: 'encryption' })
    expect(events.at(-1)).toMatchObject({ type: 'failed', step, failure })
    expect(ends).toStrictEqual([ended])
  })
})

test('an abort ends the handshake with its reason', async () => {
  const stop = new AbortController()
  const { port } = await peer((socket) => socket.once('data', () => stop.abort(new Error('enough'))))
  const dialled = await dialTcp({ address: '127.0.0.1', port, family: 4 }, { timeoutMs: 5000 })
  const options = { ...COMMON, infoHash: INFO_HASH, signal: stop.signal }
  await expect(encryptTransport(dialled, options)).rejects.toThrow('enough')
  const [late] = memoryTransports()
  await expect(encryptTransport(late, options)).rejects.toThrow('enough')
})

describe('a listener', () => {
  async function listen(plaintext: 'accept' | 'refuse') {
    const accepted: string[] = []
    const listener = await acceptEncrypted(listenTcp, { ...ACCEPT, plaintext })(
      { address: '127.0.0.1', port: 0, family: 4 },
      (transport) => {
        accepted.push(transport.encryption)
        transport.start({ bytes: () => undefined, drained: () => undefined, closed: () => undefined })
        transport.end()
      },
    )
    cleanUps.push(() => listener.close())
    return { accepted, dial: () => dialTcp(listener.address, { timeoutMs: 5000 }) }
  }

  const hello = new Uint8Array([19, ...Buffer.from('BitTorrent protocol')])

  test.each(['accept', 'refuse'] as const)('may %s plaintext', async (plaintext) => {
    const { accepted, dial } = await listen(plaintext)
    const plain = new TransportRecorder(await sendFirst(dial(), hello))
    expect(await plain.closed).toMatchObject({ by: 'peer' })
    const encrypted = await encryptTransport(await dial(), { ...COMMON, infoHash: INFO_HASH })
    await new TransportRecorder(encrypted).closed
    expect(accepted).toStrictEqual(plaintext === 'accept' ? ['plaintext', 'rc4'] : ['rc4'])
  })

  test('does not hand on who asks for another torrent, and goes on', async () => {
    const { accepted, dial } = await listen('accept')
    const other = encryptTransport(await dial(), { ...COMMON, infoHash: new Uint8Array(20) })
    await expect(other).rejects.toMatchObject({ code: 'E_ENCRYPTION_FAILED' })
    await encryptTransport(await dial(), { ...COMMON, infoHash: INFO_HASH })
    expect(accepted).toStrictEqual(['rc4'])
  })

  async function sendFirst(dialled: ReturnType<typeof dialTcp>, bytes: Uint8Array) {
    const transport = await dialled
    transport.write(bytes)
    return transport
  }
})
