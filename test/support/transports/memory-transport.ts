import type { Endpoint, Transport, TransportEnd, TransportSink } from '../../../src/net/transport.ts'

/** Maximum number of undelivered bytes in one direction before a writer must wait. */
const HIGH_WATER = 65_536

/** A pair of connected transports, without a socket. */
export function memoryTransports(): readonly [Transport, Transport] {
  const a = new MemoryTransport(1)
  const b = new MemoryTransport(2)
  a.other = b
  b.other = a
  return [a, b]
}

class MemoryTransport implements Transport {
  readonly kind = 'memory'
  readonly encryption = 'plaintext'
  readonly local: Endpoint
  readonly remote: Endpoint
  other: MemoryTransport | undefined
  bytesSent = 0
  bytesReceived = 0
  readonly #arriving: Uint8Array[] = []
  #arrivingBytes = 0
  #sink: TransportSink | undefined
  #isPaused = true
  #isScheduled = false
  #isEnding = false
  #isOver = false
  #owesDrained = false
  #end: TransportEnd | undefined

  /** @param port 1 or 2: the other end has the other */
  constructor(port: 1 | 2) {
    this.local = { address: '127.0.0.1', port, family: 4 }
    this.remote = { address: '127.0.0.1', port: 3 - port, family: 4 }
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    this.resume()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isEnding || this.#isOver || this.other === undefined) return true
    this.bytesSent += bytes.length
    const hasRoom = this.other.arrive(bytes)
    this.#owesDrained ||= !hasRoom
    return hasRoom
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  end(): void {
    if (this.#isEnding || this.#isOver) return
    this.#isEnding = true
    this.other?.ended({ by: 'peer', kind: 'fin' })
    this.ended({ by: 'us', kind: 'fin' })
    this.#arriving.length = 0
    this.resume()
  }

  abort(): void {
    if (this.#isOver) return
    this.other?.reset()
    this.#end = { by: 'us', kind: 'rst' }
    this.#arriving.length = 0
    this.resume()
  }

  arrive(bytes: Uint8Array): boolean {
    // the other end reads or drops it
    if (this.#isEnding || this.#isOver) return true
    this.#arriving.push(new Uint8Array(bytes))
    this.#arrivingBytes += bytes.length
    this.#schedule()
    return this.#arrivingBytes <= HIGH_WATER
  }

  ended(end: TransportEnd): void {
    this.#end ??= end
    this.#schedule()
  }

  reset(): void {
    this.#arriving.length = 0
    this.#end ??= { by: 'peer', kind: 'rst' }
    this.resume()
  }

  /** Delivers in a separate turn, like a network: never inside a call of the other side. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const sink = this.#sink
    if (sink === undefined || this.#isOver) return
    while (!this.#isPaused && !this.#isOver) {
      const bytes = this.#arriving.shift()
      if (bytes === undefined) break
      this.#arrivingBytes -= bytes.length
      this.bytesReceived += bytes.length
      sink.bytes(bytes)
    }
    if (this.#arriving.length === 0) {
      this.#arrivingBytes = 0
      this.other?.drainedThere()
      if (this.#end !== undefined && !this.#isPaused) this.#close(sink, this.#end)
    }
  }

  drainedThere(): void {
    if (!this.#owesDrained || this.#isOver || this.#end !== undefined) return
    this.#owesDrained = false
    setImmediate(() => {
      if (!this.#isOver) this.#sink?.drained()
    })
  }

  #close(sink: TransportSink, end: TransportEnd): void {
    this.#isOver = true
    this.#sink = undefined
    sink.closed(end)
  }
}
