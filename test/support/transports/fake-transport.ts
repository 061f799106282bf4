import { concat } from '../../../src/base/bytes.ts'
import type { Endpoint, Transport, TransportEnd, TransportSink } from '../../../src/net/transport.ts'

/** One end of a connection; the test is the other end. It records what is written, and the test calls methods to deliver data. */
export class FakeTransport implements Transport {
  readonly kind = 'memory'
  readonly encryption = 'plaintext'
  readonly local: Endpoint = { address: '10.0.0.1', port: 1, family: 4 }
  readonly remote: Endpoint = { address: '10.0.0.2', port: 6881, family: 4 }
  readonly writes: Uint8Array[] = []
  bytesReceived = 0
  isPaused = false
  /** The return value of `write`. */
  hasRoom = true
  #sink: TransportSink | undefined
  #isEnded = false

  get bytesSent(): number {
    return concat(this.writes).length
  }

  start(sink: TransportSink): void {
    this.#sink = sink
  }

  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes)
    return this.hasRoom
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.close({ by: 'us', kind: 'fin' })
  }

  abort(): void {
    this.close({ by: 'us', kind: 'rst' })
  }

  /** Delivers bytes from the peer, in memory that is overwritten immediately afterwards. */
  deliver(bytes: Uint8Array): void {
    const borrowed = Buffer.from(bytes)
    this.bytesReceived += bytes.length
    this.#sink?.bytes(borrowed)
    borrowed.fill(0xee)
  }

  drain(): void {
    this.hasRoom = true
    this.#sink?.drained()
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  close(end: TransportEnd): void {
    this.#isEnded = true
    const sink = this.#sink
    this.#sink = undefined
    sink?.closed(end)
  }
}
