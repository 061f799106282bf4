import type { UtpConnection } from '../../session/utp/connection.ts'
import type { UtpEvent, UtpInput, UtpStats } from '../../session/utp/events.ts'
import { connectionFailure } from '../socket-errors.ts'
import type { Endpoint, Transport, TransportEnd, TransportSink } from '../transport.ts'
import type { ChunkJoiner } from './chunk-joiner.ts'

const OUR_END: TransportEnd = { by: 'us', kind: 'fin' }

/** A transport over uTP. It has more information about the path than TCP, and sometimes the reason why the peer closed. */
export interface UtpTransport extends Transport {
  readonly kind: 'utp'
  readonly utpStats: UtpStats
}

/** An input from the transport; the socket adds the time. */
export type UntimedInput = UtpInput extends infer Input
  ? Input extends unknown
    ? Omit<Input, 'at'>
    : never
  : never

/** What a transport needs from its socket. */
export interface UtpCarrier {
  step(connection: UtpConnection, input: UntimedInput): void
  /** Shared, because nothing that a joiner returns is needed after a sink has returned. */
  readonly joiner: ChunkJoiner
  /** Delivers events again, before later ones. */
  redeliver(transport: UtpConnectionTransport, events: readonly UtpEvent[]): void
}

/** One uTP connection as a transport. Its socket calls `take` with each event in order. */
export class UtpConnectionTransport implements UtpTransport {
  readonly kind = 'utp'
  readonly encryption = 'plaintext'
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #connection: UtpConnection
  readonly #carrier: UtpCarrier
  #sink: TransportSink | undefined
  #isPaused = true
  #isEnding = false
  #isClosed = false
  /** What the last failed send means if nothing is received after it, and how many packets had been received by then. */
  #sendFailure: { readonly end: TransportEnd; readonly heard: number } | undefined
  /** Data that arrived before `start`, or after a pause that the connection did not know about yet. */
  #backlog: UtpEvent[] = []

  constructor(connection: UtpConnection, carrier: UtpCarrier, local: Endpoint, remote: Endpoint) {
    this.#connection = connection
    this.#carrier = carrier
    this.local = local
    this.remote = remote
  }

  get bytesSent(): number {
    return this.#connection.bytesSent
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived
  }

  get utpStats(): UtpStats {
    return this.#connection.stats
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    this.resume()
  }

  write(bytes: Uint8Array): boolean {
    this.#step({ type: 'write', bytes })
    return this.#connection.isWritable
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#step({ type: 'pause' })
  }

  resume(): void {
    if (!this.#isPaused || this.#sink === undefined) return
    this.#isPaused = false
    // asynchronously, like an end from the network: the caller may be inside one of our calls
    queueMicrotask(() => this.#catchUp())
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#step({ type: 'close' })
    // read and drop the rest: the peer's FIN is after it
    this.resume()
  }

  abort(): void {
    if (this.#isClosed) return
    this.#step({ type: 'abort' })
    this.#isClosed = true
    this.#backlog = []
    queueMicrotask(() => this.#sink?.closed({ by: 'us', kind: 'rst' }))
  }

  /** The system could not send a datagram to the peer; the next one may still get through. */
  sendFailed(error: Error): void {
    this.#sendFailure = { end: connectionFailure(error), heard: this.#connection.stats.packetsReceived }
  }

  /** One event of the connection. */
  take(event: UtpEvent): void {
    if (this.#isClosed) return
    if ((this.#isPaused || this.#backlog.length > 0) && event.type !== 'writable') {
      this.#backlog.push(event)
      return
    }
    switch (event.type) {
      case 'bytes':
        return this.#deliver(event.chunks)
      case 'writable':
        return this.#sink?.drained()
      case 'end':
        return this.#close(this.#isEnding ? OUR_END : { by: 'peer', kind: 'fin', ...this.#reason })
      case 'closed':
        return this.#close(OUR_END)
      case 'reset':
        return this.#close(this.#isEnding ? OUR_END : { by: 'peer', kind: 'rst', ...this.#reason })
      case 'failed':
        return this.#close(this.#isEnding ? OUR_END : this.#failed(event))
      case 'connected':
      case 'close-reason':
        return
    }
  }

  /** The sink may pause or close after each chunk. */
  #deliver(chunks: readonly Uint8Array[]): void {
    for (let next = 0; next < chunks.length && !this.#isEnding && !this.#isClosed;) {
      if (this.#isPaused) {
        this.#backlog.push({ type: 'bytes', chunks: chunks.slice(next) })
        return
      }
      const { bytes, end } = this.#carrier.joiner.join(chunks, next)
      next = end
      this.#sink?.bytes(bytes)
    }
  }

  /** Silence is a timeout on our side, unless the network or this machine reported why nothing arrives. */
  #failed({ failure, detail }: Extract<UtpEvent, { readonly type: 'failed' }>): TransportEnd {
    if (failure === 'refused') return { by: 'network', kind: null, failure: { type: 'lost', detail } }
    if (this.#sendFailure?.heard === this.#connection.stats.packetsReceived) return this.#sendFailure.end
    return { by: 'us', kind: null, failure: { type: 'unanswered', detail } }
  }

  get #reason(): Pick<TransportEnd, 'reason'> {
    const { closeReason } = this.#connection.stats
    return closeReason === undefined ? {} : { reason: closeReason }
  }

  #catchUp(): void {
    if (this.#isPaused) return
    const backlog = this.#backlog
    this.#backlog = []
    if (backlog.length > 0) this.#carrier.redeliver(this, backlog)
    if (!this.#isPaused) this.#step({ type: 'resume' })
  }

  #step(input: UntimedInput): void {
    this.#carrier.step(this.#connection, input)
  }

  #close(end: TransportEnd): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#backlog = []
    this.#sink?.closed(end)
  }
}
