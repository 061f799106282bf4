import { MAX_UNREAD_BYTES } from '../base/limits.ts'
import type { Transport, TransportEnd, TransportSink } from './transport.ts'

/**
 * Delivers what a transport received to a sink that comes later. Until then, and while the sink is paused, it keeps the
 * bytes, and then the end, in order. The transport is paused when too much is kept.
 */
export class HeldDelivery {
  readonly #inner: Pick<Transport, 'pause' | 'resume'>
  #sink: TransportSink | undefined
  #isPaused = true
  #held: Uint8Array[] = []
  #heldLength = 0
  #end: TransportEnd | undefined

  constructor(inner: Pick<Transport, 'pause' | 'resume'>) {
    this.#inner = inner
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
    this.#inner.pause()
  }

  resume(): void {
    this.#isPaused = false
    // asynchronously, like an end from the network: the caller may be inside one of our calls
    queueMicrotask(() => this.#deliver())
  }

  /** Drops what is kept: after our own end, only `closed` is delivered. */
  drop(): void {
    this.#held = []
    this.#heldLength = 0
    this.resume()
  }

  /** @param borrowed valid until this call returns */
  bytes(borrowed: Uint8Array): void {
    // a transport may deliver what it had read before a pause
    if (this.#sink === undefined || this.#held.length > 0) this.#hold(new Uint8Array(borrowed))
    else this.#sink.bytes(borrowed)
  }

  drained(): void {
    this.#sink?.drained()
  }

  closed(end: TransportEnd): void {
    this.#end = end
    if (this.#held.length === 0 && !this.#isPaused) this.#deliverEnd(end)
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes)
    this.#heldLength += bytes.length
    if (this.#heldLength > MAX_UNREAD_BYTES) this.#inner.pause()
  }

  #deliver(): void {
    const sink = this.#sink
    if (sink === undefined) return
    while (!this.#isPaused) {
      const bytes = this.#held.shift()
      if (bytes === undefined) break
      this.#heldLength -= bytes.length
      sink.bytes(bytes)
    }
    if (this.#isPaused) return
    if (this.#end === undefined) this.#inner.resume()
    else this.#deliverEnd(this.#end)
  }

  #deliverEnd(end: TransportEnd): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.closed(end)
  }
}
