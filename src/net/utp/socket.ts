import { randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { UtpConnection } from '../../session/utp/connection.ts'
import {
  type UtpAddress,
  type UtpDatagram,
  UtpEndpoint,
  type UtpEndpointEvent,
  type UtpEndpointOutput,
} from '../../session/utp/endpoint.ts'
import type { UtpEvent } from '../../session/utp/events.ts'
import { systemClock } from '../clock.ts'
import type { Endpoint, ListenOptions } from '../transport.ts'
import { familyOf } from '../address-family.ts'
import { ChunkJoiner } from './chunk-joiner.ts'
import { type UntimedInput, type UtpCarrier, UtpConnectionTransport } from './transport.ts'

/** Requested from the kernel, which may grant less. A burst that does not fit is lost and costs a round trip. */
const SOCKET_BUFFER = 4 * 1024 * 1024

/** What libuv reads from a socket in one turn of the event loop. If a turn brings as many, the next one will bring more. */
const DATAGRAMS_PER_TURN = 32

/** From how many datagrams on they are handled before more are read. */
const BATCH = 128

export interface UtpSocketOptions {
  /** The only peer, for which the kernel then reports an unused port. Undefined for a socket with many peers. */
  readonly peer?: Endpoint
  /** Called for every connection that a peer opens; without it, SYNs are not answered. */
  readonly accepted?: (transport: UtpConnectionTransport) => void
  readonly misbehave?: ListenOptions['misbehave']
}

/** Datagrams that are not uTP packets of a known connection, and what was wrong with the last one. */
export interface ForeignDatagrams {
  readonly count: number
  readonly reason: string
}

/** The result of an attempt to connect. */
export type UtpConnectResult =
  | { readonly type: 'connected'; readonly transport: UtpConnectionTransport }
  /** The network reports that the port is closed. */
  | { readonly type: 'port-closed' }
  | { readonly type: 'refused' | 'timeout'; readonly detail: string }
  /** The system or the network did not accept a SYN. */
  | { readonly type: 'unsent'; readonly cause: Error }

/**
 * A bound UDP socket with its uTP connections, which share one timer. Datagrams that are waiting to be read are handled together,
 * because most of the work for a packet is the same for many. If the socket does not accept connections, it closes with its last
 * one, and it does not keep the process running for the closing handshake.
 */
export class UtpSocket implements UtpCarrier {
  readonly local: Endpoint
  readonly joiner = new ChunkJoiner()
  readonly #socket: Socket
  readonly #options: UtpSocketOptions
  readonly #endpoint: UtpEndpoint
  readonly #transports = new Map<UtpConnection, UtpConnectionTransport>()
  readonly #connecting = new Map<UtpConnection, Attempt>()
  #events: (UtpEndpointEvent | RedeliveredEvent)[] = []
  #isDelivering = false
  /** Received and not yet handled. */
  #arrived: UtpDatagram[] = []
  #isTurnEnding = false
  /** How many of them had arrived before this turn of the event loop. */
  #arrivedBefore = 0
  #isAccepting: boolean
  #isClosed = false
  #foreign: ForeignDatagrams | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  #absentMs = systemClock.absentMs ?? 0

  /** @param socket bound, and connected if there is only one peer */
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
    socket.on('message', (bytes, from) => this.#receive(bytes, from))
    socket.on('error', (error) => this.#onError(error))
  }

  /** Datagrams that could not be used; undefined if there were none. */
  get foreign(): ForeignDatagrams | undefined {
    return this.#foreign
  }

  /** Of a socket with one peer. */
  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#sendFailed(error, this.#options.peer)
  }

  /** Sends a SYN. `done` is called once, or never if the connection is dropped first. */
  connect(to: Endpoint, done: (result: UtpConnectResult) => void): () => void {
    const connection = this.#endpoint.open(to)
    if (connection === undefined) {
      done({ type: 'refused', detail: 'too many connections on this socket' })
      return () => undefined
    }
    this.#connecting.set(connection, { remote: to, done })
    // nothing is read before there is a listener
    this.step(connection, { type: 'pause' })
    this.step(connection, { type: 'connect' })
    return () => {
      if (this.#connecting.delete(connection)) this.step(connection, { type: 'abort' })
    }
  }

  /** Stops accepting; open connections stay open. */
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

  /** The time, after the connections have been given the time that it excludes. */
  #now(): number {
    const at = systemClock.now()
    const { absentMs = 0 } = systemClock
    const skippedMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (skippedMs > 0) this.#endpoint.skip(at, skippedMs)
    return at
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    this.#arrived.push({ from: this.#options.peer ?? from, bytes })
    this.#awaitTurnEnd()
  }

  #awaitTurnEnd(): void {
    if (this.#isTurnEnding) return
    this.#isTurnEnding = true
    setImmediate(() => this.#endTurn())
  }

  /** Handles what has arrived, and sends what was held back to be sent together. */
  #endTurn(): void {
    const { length } = this.#arrived
    if (length - this.#arrivedBefore >= DATAGRAMS_PER_TURN && length < BATCH) {
      this.#arrivedBefore = length
      setImmediate(() => this.#endTurn())
      return
    }
    this.#takeArrived()
    if (!this.#isClosed) this.#handle(this.#endpoint.flush(this.#now()))
    this.#isTurnEnding = false
    // the events may have led to more
    if (!this.#isClosed && this.#endpoint.needsFlush) this.#awaitTurnEnd()
  }

  #takeArrived(): void {
    if (this.#isClosed || this.#arrived.length === 0) return
    const arrived = this.#arrived
    this.#arrived = []
    this.#arrivedBefore = 0
    this.#handle(this.#endpoint.receive(this.#now(), arrived))
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#takeArrived()
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
    if (this.#options.peer !== undefined) {
      this.#socket.send(bytes, this.#sent)
      return
    }
    this.#socket.send(bytes, to.port, to.address, (error: Error | null) => {
      if (error !== null) this.#sendFailed(error, to)
    })
  }

  /**
   * A datagram that could not be sent is treated as lost, and uTP retransmits it. The reason from the system is kept in case
   * nothing gets through in the end. It ends an attempt to connect immediately, as for TCP.
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

  /** Delivers events one by one. What a listener does during its call is processed after the current events. */
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
        done(
          event.failure === 'refused' ? { type: 'port-closed' } : { type: 'timeout', detail: event.detail },
        )
      } else done({ type: 'refused', detail: 'the peer answered with a RESET' })
      return
    }
    this.#transports.get(connection)?.take(event)
    if (event.type === 'closed' || event.type === 'reset' || event.type === 'failed')
      this.#transports.delete(connection)
  }

  #schedule(): void {
    if (this.#isClosed) return
    if (this.#endpoint.needsFlush) this.#awaitTurnEnd()
    const { wakeAt } = this.#endpoint
    // a timer that fires early is harmless: it sets the next one
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

  /** Closes finished connections. A closing handshake does not keep the process running. */
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

/** Send errors that are about the path; other errors are about one datagram. */
const PATH_ERRORS = new Set(['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EACCES', 'EPERM'])

function localEndpoint(socket: Socket): Endpoint {
  const { address, port } = socket.address()
  return { address, port, family: familyOf(address) }
}

/** Creates a UDP socket for literal addresses only; the resolver would delay every datagram by one turn of the event loop. */
export function createUtpUdpSocket(family: 4 | 6): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: SOCKET_BUFFER,
    sendBufferSize: SOCKET_BUFFER,
    lookup: (host, _options, done) => done(null, host, family),
  })
}
