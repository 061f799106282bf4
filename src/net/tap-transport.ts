import { HeldDelivery } from './held-delivery.ts'
import type { Encryption, Endpoint, Transport, TransportEnd, TransportSink } from './transport.ts'
import { writeAll } from './write-all.ts'
import type { UtpStats } from '../session/utp/events.ts'
import { RAW_BYTES_KEPT } from '../trace/probe.ts'

/** Bytes of one direction, as the transport carried them. */
export interface RawBytes {
  readonly direction: 'sent' | 'received'
  /** Of the first byte, in the stream of that direction. */
  readonly offset: number
  /** How many bytes were carried at once. */
  readonly length: number
  /** The first of them, up to byte `RAW_BYTES_KEPT` of the stream. */
  readonly bytes: Uint8Array
}

/**
 * A transport that is read from the beginning, so that a close on accept and a banner are seen before our first byte.
 * What came before `start` is delivered after it. Reports the first bytes of each direction.
 */
export class TapTransport implements Transport {
  readonly kind: Transport['kind']
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #inner: Transport
  readonly #onRaw: (raw: RawBytes) => void
  readonly #delivery: HeldDelivery
  readonly #offsets = { sent: 0, received: 0 }
  #end: TransportEnd | undefined
  #onEnd: (() => void) | undefined

  /**
   * Starts reading.
   * @param inner must not be started
   */
  constructor(inner: Transport, onRaw: (raw: RawBytes) => void) {
    this.kind = inner.kind
    this.local = inner.local
    this.remote = inner.remote
    this.#inner = inner
    this.#onRaw = onRaw
    this.#delivery = new HeldDelivery(inner)
    inner.start({
      bytes: (chunk) => {
        this.#report('received', chunk)
        this.#delivery.bytes(chunk)
      },
      drained: () => this.#delivery.drained(),
      closed: (end) => {
        this.#end = end
        this.#onEnd?.()
        this.#delivery.closed(end)
      },
    })
  }

  /** How it ended; undefined while it is open. */
  get ended(): TransportEnd | undefined {
    return this.#end
  }

  /** Resolves when it has ended. Call it once. */
  untilEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve
      if (this.#end !== undefined) resolve()
    })
  }

  get encryption(): Encryption {
    return this.#inner.encryption
  }

  get bytesSent(): number {
    return this.#inner.bytesSent
  }

  get bytesReceived(): number {
    return this.#inner.bytesReceived
  }

  get utpStats(): UtpStats | undefined {
    return this.#inner.utpStats
  }

  start(sink: TransportSink): void {
    this.#delivery.start(sink)
  }

  write(bytes: Uint8Array): boolean {
    this.#report('sent', bytes)
    return this.#inner.write(bytes)
  }

  writeAll(parts: readonly Uint8Array[], written?: () => void): boolean {
    for (const part of parts) this.#report('sent', part)
    return writeAll(this.#inner, parts, written)
  }

  pause(): void {
    this.#delivery.pause()
  }

  resume(): void {
    this.#delivery.resume()
  }

  end(): void {
    this.#inner.end()
    this.#delivery.drop()
  }

  abort(): void {
    this.#inner.abort()
    this.#delivery.drop()
  }

  #report(direction: RawBytes['direction'], bytes: Uint8Array): void {
    const offset = this.#offsets[direction]
    this.#offsets[direction] += bytes.length
    const room = RAW_BYTES_KEPT - offset
    if (room <= 0 || bytes.length === 0) return
    this.#onRaw({ direction, offset, length: bytes.length, bytes: bytes.slice(0, room) })
  }
}
