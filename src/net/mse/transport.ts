import type { PeerError } from '../../base/errors.ts'
import type { MseEvent, MseHandshake, MseInput, MseStream } from '../../session/mse/machine.ts'
import { PLAINTEXT_STREAM } from '../../session/mse/progress.ts'
import type { UtpStats } from '../../session/utp/events.ts'
import type { Clock } from '../clock.ts'
import { connectionError } from '../connection/connection-end.ts'
import { HeldDelivery } from '../held-delivery.ts'
import type { Encryption, Endpoint, Transport, TransportEnd, TransportSink } from '../transport.ts'
import { writeAll } from '../write-all.ts'

/** What an encryption handshake needs, and its observers. */
export interface MseTransportOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Called for every step when it happens. */
  readonly onEvent?: ((event: MseEvent) => void) | undefined
  /** Called with how the transport ended, if it ended before the handshake was complete. */
  readonly onEnd?: ((end: TransportEnd) => void) | undefined
}

/** How long a transport may take to close after a failed handshake, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000

type Stage = 'handshake' | 'failed' | 'open'

type Untimed<Input> = Input extends unknown ? Omit<Input, 'at'> : never

/**
 * A transport with encryption (MSE). Received chunks are decrypted in place, in the borrowed memory of the inner transport. Data
 * to send is encrypted into a copy, because it belongs to the writer. Byte counts are those on the wire, including the
 * handshake.
 */
export class MseTransport implements Transport {
  readonly kind: Transport['kind']
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #inner: Transport
  readonly #machine: MseHandshake
  readonly #options: MseTransportOptions
  #stage: Stage = 'handshake'
  #encryption: Encryption = 'plaintext'
  #stream: MseStream = PLAINTEXT_STREAM
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | undefined
  #failure: PeerError | undefined
  #isInnerClosed = false
  #cancelTimer: (() => void) | undefined
  /** For decrypted data that arrived before `start`. */
  readonly #delivery: HeldDelivery

  /** @param inner must not be started */
  constructor(inner: Transport, machine: MseHandshake, options: MseTransportOptions) {
    this.kind = inner.kind
    this.local = inner.local
    this.remote = inner.remote
    this.#inner = inner
    this.#machine = machine
    this.#options = options
    this.#delivery = new HeldDelivery(inner)
  }

  get encryption(): Encryption {
    return this.#encryption
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

  /**
   * Performs the handshake. Call it once, before `start`. If it fails, the inner transport is closed first.
   * @throws PeerError E_ENCRYPTION_FAILED, E_HANDSHAKE_LOST, E_HANDSHAKE_TIMEOUT, or the signal's reason
   */
  async handshake(): Promise<void> {
    const { signal } = this.#options
    const abort = () => this.#inner.abort()
    if (signal?.aborted === true) abort()
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject }
        this.#inner.start({
          bytes: (chunk) => this.#receive(chunk),
          drained: () => this.#delivery.drained(),
          closed: (end) => this.#closed(end),
        })
        this.#step({ type: 'connected' })
      })
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  start(sink: TransportSink): void {
    this.#delivery.start(sink)
  }

  write(bytes: Uint8Array): boolean {
    return this.#inner.write(this.#stream.encrypt(bytes))
  }

  writeAll(parts: readonly Uint8Array[], written?: () => void): boolean {
    return writeAll(
      this.#inner,
      parts.map((part) => this.#stream.encrypt(part)),
      written,
    )
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

  #receive(chunk: Uint8Array): void {
    if (this.#stage === 'handshake') return this.#step({ type: 'bytes', bytes: chunk })
    if (this.#stage !== 'open') return
    this.#delivery.bytes(this.#stream.decrypt(chunk))
  }

  #closed(end: TransportEnd): void {
    this.#isInnerClosed = true
    this.#cancelTimer?.()
    if (this.#stage === 'open') {
      this.#delivery.closed(end)
      return
    }
    this.#options.onEnd?.(end)
    const { signal } = this.#options
    if (signal?.aborted === true) this.#settle?.reject(signal.reason)
    else if (end.failure !== undefined) this.#settle?.reject(this.#failure ?? this.#lost(end))
    else if (this.#stage === 'handshake') this.#step({ type: 'end', how: end.kind ?? 'lost' })
    this.#settle?.reject(this.#failure)
  }

  /** Not a failure of the encryption: neither side ended it. */
  #lost(end: TransportEnd): PeerError {
    const { bytesSent, bytesReceived } = this
    return connectionError({ ...end, phase: 'encryption', bytesSent, bytesReceived }, false)
  }

  #step(input: Untimed<MseInput>): void {
    const { clock, onEvent } = this.#options
    const { send, events, wakeAt } = this.#machine.step({ ...input, at: clock.now() })
    for (const bytes of send) this.#inner.write(bytes)
    this.#cancelTimer?.()
    this.#cancelTimer =
      wakeAt === undefined ? undefined : clock.schedule(wakeAt, () => this.#step({ type: 'tick' }))
    for (const event of events) {
      onEvent?.(event)
      this.#take(event)
    }
  }

  #take(event: MseEvent): void {
    switch (event.type) {
      case 'established':
        this.#encryption = event.encryption
        this.#open(event.stream, event.bytes)
        return
      case 'plaintext':
        this.#open(PLAINTEXT_STREAM, event.bytes)
        return
      case 'failed':
        this.#fail(event.error)
        return
      case 'public-key-sent':
      case 'public-key-received':
      case 'synchronised':
      case 'torrent-found':
      case 'provide-sent':
      case 'provide-received':
      case 'initial-payload-received':
      case 'select-sent':
      case 'select-received':
    }
  }

  #open(stream: MseStream, bytes: Uint8Array): void {
    this.#stage = 'open'
    this.#stream = stream
    if (bytes.length > 0) this.#delivery.bytes(bytes)
    this.#inner.pause()
    this.#settle?.resolve()
  }

  #fail(error: PeerError): void {
    this.#stage = 'failed'
    this.#failure = error
    // there is nothing to wait for, and a timer would keep the process running
    if (this.#isInnerClosed) return
    const { clock } = this.#options
    this.#cancelTimer = clock.schedule(clock.now() + CLOSE_TIMEOUT_MS, () => this.#inner.abort())
    this.#inner.end()
  }
}
