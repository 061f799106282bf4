import { randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { UtpConnection } from '../../session/utp/connection.ts'
import {
  type UtpAddress,
  UtpEndpoint,
  type UtpEndpointEvent,
  type UtpEndpointOutput,
} from '../../session/utp/endpoint.ts'
import type { UtpEvent } from '../../session/utp/events.ts'
import { systemClock } from '../clock.ts'
import type { Endpoint, ListenOptions } from '../transport.ts'
import { familyOf } from '../address-family.ts'
import { plainBytes } from '../plain-bytes.ts'
import { type UntimedInput, type UtpCarrier, UtpConnectionTransport } from './transport.ts'

/** Asked of the kernel, which may give less: a burst that does not fit is lost and costs a round trip. */
const SOCKET_BUFFER = 4 * 1024 * 1024

export interface UtpSocketOptions {
  /** The only peer; the kernel then tells of a port that nobody has. Undefined for a socket that talks to many. */
  readonly peer?: Endpoint
  /** Called with every connection that a peer opens; without it SYNs are not answered. */
  readonly accepted?: (transport: UtpConnectionTransport) => void
  readonly misbehave?: ListenOptions['misbehave']
}

/** Datagrams that are no uTP packets of a connection here, and what was wrong with the last of them. */
export interface ForeignDatagrams {
  readonly count: number
  readonly reason: string
}

/** What became of an attempt to connect. */
export type UtpConnectResult =
  | { readonly type: 'connected'; readonly transport: UtpConnectionTransport }
  | {
      readonly type: 'refused' | 'timeout'
      readonly detail: string
    }
  /** The system or the network would not take a SYN. */
  | { readonly type: 'unsent'; readonly cause: Error }

/**
 * A bound UDP socket with the uTP connections on it: one timer and one flush a batch for all of them. It closes
 * itself with its last connection when it does not accept, and does not keep the process running for a goodbye.
 */
export class UtpSocket implements UtpCarrier {
  readonly local: Endpoint
  readonly #socket: Socket
  readonly #options: UtpSocketOptions
  readonly #endpoint: UtpEndpoint
  readonly #transports = new Map<UtpConnection, UtpConnectionTransport>()
  readonly #connecting = new Map<UtpConnection, Attempt>()
  #events: (UtpEndpointEvent | RedeliveredEvent)[] = []
  #isDelivering = false
  #isFlushing = false
  #isAccepting: boolean
  #isClosed = false
  #foreign: ForeignDatagrams | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  #absentMs = systemClock.absentMs ?? 0

  /** @param socket bound, and connected if there is one peer only */
  constructor(socket: Socket, options: UtpSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#isAccepting = options.accepted !== undefined
    this.local = localEndpoint(socket)
    this.#endpoint = new UtpEndpoint({
      randomUint16: () => randomBytes(2).readUInt16BE(),
      accepts: this.#isAccepting,
      misbehave: options.misbehave,
    })
    socket.on('message', (datagram, from) => this.#receive(datagram, from))
    socket.on('error', (error) => this.#onError(error))
  }

  /** What came that could not be used; undefined when there was nothing of the kind. */
  get foreign(): ForeignDatagrams | undefined {
    return this.#foreign
  }

  /** Sends a SYN; `done` is called once, and never if the connection is dropped before. */
  connect(to: Endpoint, done: (result: UtpConnectResult) => void): () => void {
    const connection = this.#endpoint.open(to)
    if (connection === undefined) {
      done({ type: 'refused', detail: 'too many connections on this socket' })
      return () => undefined
    }
    this.#connecting.set(connection, { remote: to, done })
    // nothing is read before somebody listens
    this.step(connection, { type: 'pause' })
    this.step(connection, { type: 'connect' })
    return () => {
      if (this.#connecting.delete(connection)) this.step(connection, { type: 'abort' })
    }
  }

  /** Accepts no more; the connections that stand live on. */
  stopAccepting(): void {
    this.#isAccepting = false
    this.#endpoint.stopAccepting()
    this.#settle()
  }

  step(connection: UtpConnection, input: UntimedInput): void {
    this.#handle(this.#endpoint.step(connection, { ...input, at: this.#now() }))
  }

  redeliver(transport: UtpConnectionTransport, events: readonly UtpEvent[]): void {
    this.#events = [...events.map((event) => ({ type: 'again', transport, event }) as const), ...this.#events]
    this.#deliver()
  }

  /** The time, after the connections have heard how much of it is left out. */
  #now(): number {
    const at = systemClock.now()
    const { absentMs = 0 } = systemClock
    const skippedMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (skippedMs > 0) this.#endpoint.skip(at, skippedMs)
    return at
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    this.#handle(this.#endpoint.receive(this.#now(), this.#options.peer ?? from, plainBytes(datagram)))
  }

  #onError(error: NodeJS.ErrnoException): void {
    // an ICMP answer
    if (error.code !== 'ECONNREFUSED') return this.#sendFailed(error, undefined)
    for (const connection of [...this.#connecting.keys(), ...this.#transports.keys()])
      this.step(connection, { type: 'unreachable' })
  }

  #handle({ send, events }: UtpEndpointOutput): void {
    for (const { to, bytes } of send) this.#send(to, bytes)
    if (events.length > 0) {
      this.#events.push(...events)
      this.#deliver()
    }
    this.#schedule()
  }

  #send(to: { address: string; port: number }, bytes: Uint8Array): void {
    if (this.#isClosed) return
    const sent = (error: Error | null) => {
      if (error !== null) this.#sendFailed(error, to)
    }
    if (this.#options.peer === undefined) this.#socket.send(bytes, to.port, to.address, sent)
    else this.#socket.send(bytes, sent)
  }

  /**
   * A datagram that did not leave is one that got lost, and uTP sends it again. The system's reason is kept for when nothing
   * gets through in the end, and ends an attempt to connect at once, as for TCP.
   */
  #sendFailed(error: NodeJS.ErrnoException, to: UtpAddress | undefined): void {
    if (error.code === undefined || !PATH_ERRORS.has(error.code)) return
    const isMeant = ({ address, port }: UtpAddress) =>
      to === undefined || (to.address === address && to.port === port)
    for (const [connection, { remote, done }] of this.#connecting) {
      if (!isMeant(remote)) continue
      this.#connecting.delete(connection)
      this.step(connection, { type: 'abort' })
      done({ type: 'unsent', cause: error })
    }
    for (const transport of this.#transports.values())
      if (isMeant(transport.remote)) transport.sendFailed(error)
    this.#settle()
  }

  /** Hands events on one by one: what a listener does in its call comes after what it was called with. */
  #deliver(): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift())
      this.#take(event)
    this.#isDelivering = false
    this.#settle()
  }

  #take(event: UtpEndpointEvent | RedeliveredEvent): void {
    switch (event.type) {
      case 'again':
        return event.transport.take(event.event)
      case 'foreign':
        this.#foreign = { count: (this.#foreign?.count ?? 0) + 1, reason: event.reason }
        return
      case 'accepted':
        return this.#accept(event.connection, event.from)
      case 'connection':
        return this.#takeConnectionEvent(event)
    }
  }

  #takeConnectionEvent({ connection, event }: Extract<UtpEndpointEvent, { type: 'connection' }>): void {
    const attempt = this.#connecting.get(connection)
    if (attempt !== undefined) {
      const { done, remote } = attempt
      this.#connecting.delete(connection)
      if (event.type === 'connected') {
        done({ type: 'connected', transport: this.#addTransport(connection, remote) })
      } else if (event.type === 'failed') {
        done({ type: event.failure === 'refused' ? 'refused' : 'timeout', detail: event.detail })
      } else done({ type: 'refused', detail: 'the peer answered with a RESET' })
      return
    }
    this.#transports.get(connection)?.take(event)
    if (event.type === 'closed' || event.type === 'reset' || event.type === 'failed')
      this.#transports.delete(connection)
  }

  #schedule(): void {
    if (this.#isClosed) return
    if (this.#endpoint.needsFlush && !this.#isFlushing) {
      this.#isFlushing = true
      setImmediate(() => {
        this.#isFlushing = false
        if (!this.#isClosed) this.#handle(this.#endpoint.flush(this.#now()))
      })
    }
    const { wakeAt } = this.#endpoint
    // an earlier timer than needed does no harm: it sets the next one
    if (wakeAt === undefined || wakeAt >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = wakeAt
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, wakeAt - this.#now()))
    if (!this.#isAccepting && this.#transports.size === 0 && this.#connecting.size === 0) this.#timer.unref()
  }

  #tick(): void {
    this.#timerAt = Infinity
    this.#handle(this.#endpoint.tick(this.#now()))
    this.#settle()
  }

  #accept(connection: UtpConnection, { address, port }: UtpAddress): void {
    this.step(connection, { type: 'pause' })
    const remote: Endpoint = { address, port, family: familyOf(address) }
    this.#options.accepted?.(this.#addTransport(connection, remote))
  }

  #addTransport(connection: UtpConnection, remote: Endpoint): UtpConnectionTransport {
    const transport = new UtpConnectionTransport(connection, this, this.local, remote)
    this.#transports.set(connection, transport)
    return transport
  }

  /** Closes what is over; a goodbye that is still under way does not keep the process running. */
  #settle(): void {
    if (this.#isClosed || this.#isAccepting || this.#transports.size > 0 || this.#connecting.size > 0) return
    if (this.#endpoint.size > 0) {
      this.#socket.unref()
      this.#timer?.unref()
      return
    }
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#socket.close()
  }
}

interface Attempt {
  readonly remote: Endpoint
  readonly done: (result: UtpConnectResult) => void
}

/** An event that its transport could not take while it was paused. */
interface RedeliveredEvent {
  readonly type: 'again'
  readonly transport: UtpConnectionTransport
  readonly event: UtpEvent
}

/** What a failed send says about the path, where other errors are about one datagram. */
const PATH_ERRORS = new Set(['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EACCES', 'EPERM'])

function localEndpoint(socket: Socket): Endpoint {
  const { address, port } = socket.address()
  return { address, port, family: familyOf(address) }
}

/** A new UDP socket for literal addresses only: without this the resolver would delay every datagram by a turn. */
export function createUtpUdpSocket(family: 4 | 6): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: SOCKET_BUFFER,
    sendBufferSize: SOCKET_BUFFER,
    lookup: (host, _options, done) => done(null, host, family),
  })
}
