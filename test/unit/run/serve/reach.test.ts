import { describe, expect, test } from 'vitest'
import { acceptEncryption, type AcceptEncryptionOptions } from '../../../../src/net/mse/encryption.ts'
import type { DialOptions, Transport } from '../../../../src/net/transport.ts'
import type { EncryptionMode } from '../../../../src/run/options.ts'
import { indexTorrents } from '../../../../src/wire/mse/keys.ts'
import { memoryTransports } from '../../../support/transports/memory-transport.ts'
import { initiator, responder, Side } from '../../../support/mse/mse-pair.ts'
import { INFO_HASH, settle, type Leecher } from '../../../support/peers/seeder.ts'
import { startServing, type Serving } from '../../../support/peers/serving.ts'

/** How a seeder reaches peers and is reached: encrypted or not, over TCP or uTP. */

const PEER = { input: 'peer:1', host: '10.0.0.1', port: 1 }

/** Turns of the event loop, and 10 ms of the seeder's time in each, until it holds. */
async function until({ clock }: Serving, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !holds(); turn++) {
    await settle()
    clock.advance(10)
  }
  expect(holds()).toBe(true)
}

/** A client that is dialled: what it takes, and how it was spoken to. */
class DialledClient {
  readonly dialled: DialOptions[] = []
  /** The transports of connections that it has taken. */
  readonly taken: Transport[] = []
  readonly #takes: Pick<AcceptEncryptionOptions, 'allow' | 'plaintext'>

  constructor(takes: Pick<AcceptEncryptionOptions, 'allow' | 'plaintext'>) {
    this.#takes = takes
  }

  readonly dial = (_to: unknown, options: DialOptions): Promise<Transport> => {
    this.dialled.push(options)
    const [near, far] = memoryTransports()
    void this.#take(far)
    return Promise.resolve(near)
  }

  async #take(transport: Transport): Promise<void> {
    const clock = { now: () => 0, schedule: () => () => {} }
    const random = (length: number) => new Uint8Array(length).fill(3)
    const findTorrent = indexTorrents([INFO_HASH])
    const options = { ...this.#takes, clock, random, findTorrent, stepTimeoutMs: 1000 }
    const accepted = await acceptEncryption(transport, options).catch(() => undefined)
    if (accepted === undefined) return
    this.taken.push(accepted)
    accepted.start({ bytes: () => accepted.write(new Uint8Array([19])), drained: () => {}, closed: () => {} })
  }
}

const PLAINTEXT_ONLY = { allow: [], plaintext: 'accept' } as const
const ENCRYPTED_ONLY = { allow: ['rc4'], plaintext: 'refuse' } as const
const BOTH = { allow: ['rc4', 'plaintext'], plaintext: 'accept' } as const

const heard = ({ events }: Serving) =>
  events.flatMap((item) => {
    if (item.type === 'connected') return [`${item.encryption}${item.dialled ? ' dialled' : ''}`]
    return item.type === 'dial-failed' || item.type === 'no-peer' ? [item.reason.slice(0, 30)] : []
  })

describe('a peer that is dialled', () => {
  test.each([
    { mode: 'auto', takes: PLAINTEXT_ONLY, connections: ['plaintext dialled'] },
    { mode: 'auto', takes: ENCRYPTED_ONLY, connections: ['plaintext dialled', 'rc4 dialled'] },
    { mode: 'auto', takes: BOTH, connections: ['plaintext dialled'] },
    { mode: 'prefer', takes: PLAINTEXT_ONLY, connections: ['plaintext dialled'] },
    { mode: 'prefer', takes: ENCRYPTED_ONLY, connections: ['rc4 dialled'] },
    { mode: 'prefer', takes: BOTH, connections: ['rc4 dialled'] },
    { mode: 'require', takes: ENCRYPTED_ONLY, connections: ['rc4 dialled'] },
    { mode: 'off', takes: PLAINTEXT_ONLY, connections: ['plaintext dialled'] },
  ] as const)('$mode reaches one that takes $takes.allow', async ({ mode, takes, connections }) => {
    const client = new DialledClient(takes)
    const serving = await startServing({ connect: [PEER], encryption: mode, dial: client.dial })
    await until(serving, () => client.taken.length > 0)
    await until(serving, () => heard(serving).length === connections.length)
    expect(heard(serving)).toStrictEqual(connections)
    const later = serving.clock.now() + 6000
    await until(serving, () => serving.clock.now() >= later)
    expect(client.taken).toHaveLength(1)
    await serving.interrupt()
  })

  test.each([
    { mode: 'off', takes: ENCRYPTED_ONLY, first: ['plaintext dialled'] },
    { mode: 'require', takes: PLAINTEXT_ONLY, first: ['the peer closed after 0 bytes'] },
  ] as const)('$mode does not reach one that takes $takes.allow, and tries again', async (row) => {
    const client = new DialledClient(row.takes)
    const serving = await startServing({ connect: [PEER], encryption: row.mode, dial: client.dial })
    await until(serving, () => serving.events.some(({ type }) => type === 'closed' || type === 'dial-failed'))
    expect(heard(serving)).toStrictEqual(row.first)
    await settle()
    serving.clock.advance(4900)
    await settle()
    expect(client.dialled).toHaveLength(1)
    await until(serving, () => client.dialled.length === 2)
    expect(client.taken).toStrictEqual([])
    await serving.interrupt()
  })

  test.each([undefined, 'tcp', 'utp'] as const)('over %s', async (transport) => {
    const client = new DialledClient(BOTH)
    const serving = await startServing({ connect: [PEER], transport, dial: client.dial })
    expect(client.dialled.map((options) => options.transport)).toStrictEqual([transport ?? 'tcp'])
    await serving.interrupt()
  })

  test('a fault that acts at once leaves no time to encrypt', async () => {
    const client = new DialledClient(BOTH)
    const serving = await startServing({
      connect: [PEER],
      encryption: 'require',
      dial: client.dial,
      faultNames: ['close-on-accept'],
    })
    expect(heard(serving)).toStrictEqual(['plaintext dialled'])
    expect(client.taken).toStrictEqual([])
    await serving.interrupt()
  })

  test('faults lie above the encryption', async () => {
    const client = new DialledClient(ENCRYPTED_ONLY)
    const serving = await startServing({
      connect: [PEER],
      encryption: 'require',
      dial: client.dial,
      faultNames: ['corrupt=0'],
    })
    await until(serving, () => client.taken.length > 0)
    await until(serving, () => heard(serving).length > 0)
    expect(heard(serving)).toStrictEqual(['rc4 dialled'])
    await serving.interrupt()
  })

  test('the end of serving ends a handshake that is under way', async () => {
    const [near] = memoryTransports()
    let closed: DialOptions['signal']
    const serving = await startServing({
      connect: [PEER],
      encryption: 'require',
      dial: (_to, { signal }) => {
        closed = signal
        return Promise.resolve(near)
      },
    })
    await expect(serving.interrupt()).resolves.toMatchObject({ connections: 0 })
    expect(closed?.aborted).toBe(true)
    expect(serving.events.filter(({ type }) => type === 'dial-failed')).toStrictEqual([])
  })
})

/** Closes after its crypto_select unless our handshake came inside the initial payload. */
class KTorrentClient {
  /** Length of each initial payload. */
  readonly payloads: number[] = []
  taken = 0

  readonly dial = (): Promise<Transport> => {
    const [near, far] = memoryTransports()
    const machine = responder({
      findTorrent: indexTorrents([INFO_HASH]),
      allow: ['rc4'],
      plaintext: 'refuse',
    })
    machine.step({ type: 'connected', at: 0 })
    let open = false
    far.start({
      bytes: (bytes) => {
        if (open) return
        const { send, events } = machine.step({ type: 'bytes', bytes: new Uint8Array(bytes), at: 0 })
        for (const part of send) far.write(part)
        for (const event of events) {
          if (event.type === 'failed') far.end()
          if (event.type === 'initial-payload-received') this.payloads.push(event.length)
          if (event.type === 'established' && event.bytes.length === 0) far.end()
          if (event.type !== 'established' || event.bytes.length === 0) continue
          open = true
          this.taken++
          far.write(event.stream.encrypt(Uint8Array.of(19)))
        }
      },
      drained: () => {},
      closed: () => {},
    })
    return Promise.resolve(near)
  }
}

test('a client that wants our handshake inside the initial payload gets it there', async () => {
  const client = new KTorrentClient()
  const serving = await startServing({ connect: [PEER], encryption: 'require', dial: client.dial })
  await until(serving, () => client.taken > 0)
  expect(client.payloads).toStrictEqual([0, 68])
  await serving.interrupt()
})

describe('a peer that dials', () => {
  const plaintext = (leecher: Leecher) => leecher.handshake()

  /** Plays the initiator of MSE until it has nothing more to say. */
  async function encrypted({ peer }: Leecher): Promise<void> {
    const side = new Side(initiator({ infoHash: INFO_HASH, provide: ['plaintext', 'rc4'] }))
    let said = side.step({ type: 'connected', at: 0 })
    while (said.length > 0) {
      for (const bytes of said) peer.send(bytes)
      await settle()
      said = peer.received.splice(0).flatMap((bytes) => side.bytes(bytes))
    }
  }

  const REFUSED_PLAINTEXT = 'the peer began a plaintext han'
  const REFUSED_ENCRYPTED = 'the peer did not begin a plain'

  test.each([
    { mode: 'auto', begins: plaintext, heard: 'plaintext' },
    { mode: 'auto', begins: encrypted, heard: 'mse-plaintext' },
    { mode: 'prefer', begins: plaintext, heard: 'plaintext' },
    { mode: 'prefer', begins: encrypted, heard: 'rc4' },
    { mode: 'off', begins: plaintext, heard: 'plaintext' },
    { mode: 'off', begins: encrypted, heard: REFUSED_ENCRYPTED },
    { mode: 'require', begins: plaintext, heard: REFUSED_PLAINTEXT },
    { mode: 'require', begins: encrypted, heard: 'rc4' },
  ] as const)('$mode, $begins.name: $heard', async ({ mode, begins, heard: expected }) => {
    const serving = await startServing({ encryption: mode satisfies EncryptionMode })
    const leecher = serving.connect()
    await begins(leecher)
    await until(serving, () => heard(serving).length > 0)
    expect(heard(serving)).toStrictEqual([expected])
    const isRefused = expected === REFUSED_ENCRYPTED || expected === REFUSED_PLAINTEXT
    expect(leecher.peer.closed).toBe(isRefused ? 'end' : undefined)
    // a client that does not want it hangs up without a byte
    if (isRefused) expect(leecher.peer.sentLength).toBe(0)
    await serving.interrupt()
  })

  test.each([
    { transport: undefined, listens: ['tcp', 'utp'] },
    { transport: 'tcp', listens: ['tcp'] },
    { transport: 'utp', listens: ['utp'] },
  ] as const)('with --transport $transport it can come over $listens', async ({ transport, listens }) => {
    const serving = await startServing({ transport })
    expect(serving.listens).toStrictEqual(listens)
    await serving.interrupt()
  })
})

test('a dialled peer too many is not dialled again', async () => {
  const client = new DialledClient(BOTH)
  const limits = { total: 0 }
  const serving = await startServing({ connect: [PEER], limits, dial: client.dial })
  expect(serving.events.some(({ type }) => type === 'refused')).toBe(true)
  serving.clock.advance(10_000)
  await settle()
  expect(client.dialled).toHaveLength(1)
  expect(await serving.interrupt()).toMatchObject({ exitCode: 0 })
})
