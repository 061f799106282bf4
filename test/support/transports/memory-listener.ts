import type { Endpoint, Listen, Transport, TransportEnd, TransportSink } from '../../../src/net/transport.ts'

const HERE: Endpoint = { address: '127.0.0.1', port: 6881, family: 4 }

/** The remote end of a connection, controlled by a test: it records what the server wrote and sends data to it. */
export class MemoryPeer {
  readonly transport: Transport
  /** Everything written so far. */
  received: Uint8Array[] = []
  /** How the server closed; undefined until then. */
  closed: 'end' | 'abort' | undefined
  paused = false
  readonly #remote: Endpoint
  #sink: TransportSink | undefined
  /** If false, nothing is read, and every write returns false. */
  #reads = true
  #bytesReceived = 0

  constructor(remote: Endpoint) {
    this.#remote = remote
    this.transport = this.#makeTransport()
  }

  send(bytes: Uint8Array): void {
    this.#bytesReceived += bytes.length
    if (this.closed === undefined) this.#sink?.bytes(bytes)
  }

  /** Closes from this side. */
  close(kind: 'fin' | 'rst' = 'fin'): void {
    this.#over({ by: 'peer', kind })
  }

  stopReading(): void {
    this.#reads = false
  }

  get sentLength(): number {
    return this.received.reduce((sum, { length }) => sum + length, 0)
  }

  #over(end: TransportEnd): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.closed(end)
  }

  #makeTransport(): Transport {
    const sentLength = () => this.sentLength
    const bytesReceived = () => this.#bytesReceived
    return {
      kind: 'memory',
      encryption: 'plaintext',
      local: HERE,
      remote: this.#remote,
      get bytesSent() {
        return sentLength()
      },
      get bytesReceived() {
        return bytesReceived()
      },
      start: (sink) => {
        this.#sink = sink
      },
      write: (bytes) => {
        if (this.closed === undefined) this.received.push(bytes)
        return this.#reads
      },
      pause: () => {
        this.paused = true
      },
      resume: () => {
        this.paused = false
      },
      end: () => {
        this.closed ??= 'end'
        // a peer that does not read never receives the FIN
        if (this.#reads) this.#over({ by: 'us', kind: 'fin' })
      },
      abort: () => {
        this.closed ??= 'abort'
        this.#over({ by: 'us', kind: 'rst' })
      },
    }
  }
}

/** Connections without a network: everything happens synchronously. */
export class MemoryListener {
  readonly listen: Listen = (at, accepted) => {
    this.#accepted = accepted
    return Promise.resolve({ address: at, close: () => Promise.resolve() })
  }

  #accepted: ((transport: Transport) => void) | undefined
  #port = 50_000

  connect(address = '127.0.0.1'): MemoryPeer {
    const peer = new MemoryPeer({ address, port: this.#port++, family: 4 })
    this.#accepted?.(peer.transport)
    return peer
  }
}
