import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { PeerError } from '../../../src/base/errors.ts'
import { systemClock } from '../../../src/net/clock.ts'
import { encryptTransport } from '../../../src/net/mse/encryption.ts'
import { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import { connectSocket, listenTcp } from '../../../src/net/tcp/tcp.ts'
import { TcpTransport } from '../../../src/net/tcp/transport.ts'
import type { Transport } from '../../../src/net/transport.ts'
import type { ServedPeerReport, ServeReport } from '../../../src/report/model/serve.ts'
import { serve } from '../verdicts/serve.ts'
import type { ServeEvent } from '../../../src/report/model/serve-event.ts'
import { request } from '../peers/seeder.ts'
import { TARGET, TARGET_HASH } from './row.ts'

/** What `serve` said of one connection. */
export type Told =
  | { readonly type: 'peer'; readonly report: ServedPeerReport }
  | { readonly type: 'no-peer'; readonly reason: string }

export type Wire = 'plain' | 'mse'

const random = (length: number) => new Uint8Array(randomBytes(length))

/** `serve --strict` of TARGET on a free port of loopback, for plaintext and MSE, and what it said of each connection. */
export class StrictServe {
  readonly #told = new Map<string, Told>()
  readonly #wakers = new Set<() => void>()
  readonly #stop = new AbortController()
  #report: Promise<ServeReport> | undefined
  #port = 0

  async start(): Promise<void> {
    const { metainfo, store } = TARGET
    const report = serve(
      {
        source: { type: 'files', metainfo, dataPath: 'here' },
        have: undefined,
        listen: { address: '127.0.0.1', port: 0, family: 4 },
        once: false,
        strict: true,
        faults: [],
        seed: 1,
        transport: 'tcp',
        timeoutMs: undefined,
        torrentOutput: undefined,
        onEvent: (events) => this.#hear(events),
      },
      {
        listen: { tcp: listenTcp, utp: listenTcp },
        dial: () => Promise.reject(new PeerError('E_CONNECT_REFUSED', 'nobody is there')),
        resolve: (address) => Promise.resolve([{ address, family: 4 }]),
        clock: systemClock,
        random,
        openStore: () => Promise.resolve(store),
        writeTorrent: () => Promise.resolve(),
        signal: this.#stop.signal,
      },
    )
    this.#report = report
    await Promise.race([this.#until(() => this.#port !== 0), report])
  }

  get port(): number {
    return this.#port
  }

  async stop(): Promise<ServeReport | undefined> {
    this.#stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
    return this.#report
  }

  /** What a client says, with its FIN behind it, and what was said of that. */
  async take(bytes: Uint8Array, wire: Wire = 'plain', cutInto = bytes.length): Promise<Told> {
    const socket = await this.#connectSocket()
    const told = this.next(socket)
    await sayAll(await secure(new TcpTransport(socket), wire), bytes, cutInto)
    // past the transport, which would not wait long for the seeder to close too
    socket.end()
    try {
      return await told
    } finally {
      socket.destroy()
    }
  }

  /** What will be said of a connection that has just been made. */
  async next({ localPort }: Socket): Promise<Told> {
    const remote = `127.0.0.1:${localPort}`
    // of one before it that had the same port
    this.#told.delete(remote)
    await this.#until(() => this.#told.has(remote))
    return this.#told.get(remote) ?? { type: 'no-peer', reason: 'lost' }
  }

  #connectSocket(): Promise<Socket> {
    return connectSocket({ address: '127.0.0.1', port: this.#port }, { timeoutMs: 10_000 })
  }

  /** A well-behaved peer. */
  async connect(peerId?: Uint8Array): Promise<PeerConnection> {
    const { pieceCount } = TARGET.metainfo
    return PeerConnection.connect(new TcpTransport(await this.#connectSocket()), {
      torrent: { infoHash: TARGET_HASH, pieceCount, extensionHandshake: {}, have: 'none' },
      features: ['fast', 'extension-protocol'],
      handshakeTimeoutMs: 10_000,
      ...(peerId === undefined ? {} : { peerId }),
    })
  }

  /** One that is interested and has its slot. */
  async unchoked(peerId?: Uint8Array): Promise<PeerConnection> {
    const connection = await this.connect(peerId)
    await connection.send({ type: 'interested' })
    await connection.until(() => !connection.state.choking.peerChoking)
    return connection
  }

  #hear(events: ServeEvent): void {
    if (events.type === 'listening') this.#port = Number(events.address.split(':').at(-1))
    if (events.type === 'closed')
      this.#told.set(events.report.remote, { type: 'peer', report: events.report })
    if (events.type === 'no-peer') this.#told.set(events.remote, { type: 'no-peer', reason: events.reason })
    for (const wake of this.#wakers) wake()
    this.#wakers.clear()
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wakers.add(resolve))
  }
}

/** Requests a block and waits for it. */
export async function fetchBlock(connection: PeerConnection, piece: number): Promise<void> {
  await connection.send(request(piece))
  for await (const message of connection) if (message.type === 'piece' && message.piece === piece) return
  throw new Error('the seeder closed')
}

async function secure(transport: Transport, wire: Wire): Promise<Transport> {
  if (wire === 'plain') return transport
  const options = { clock: systemClock, random, stepTimeoutMs: 10_000, infoHash: TARGET_HASH }
  return encryptTransport(transport, options)
}

/** Says these bytes, in writes of so many, and reads on. */
export async function sayAll(transport: Transport, bytes: Uint8Array, cutInto: number): Promise<void> {
  transport.start({ bytes: () => undefined, drained: () => undefined, closed: () => undefined })
  for (let at = 0; at < bytes.length; at += cutInto) {
    transport.write(bytes.subarray(at, at + cutInto))
    if (cutInto < bytes.length) await new Promise(setImmediate)
  }
}
