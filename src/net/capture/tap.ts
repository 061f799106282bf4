import { concat } from '../../base/bytes.ts'
import type { Encryption, Endpoint, Transport, TransportEnd, TransportSink } from '../transport.ts'
import { writeAll } from '../write-all.ts'

/** Observes one connection, above its encryption. Byte arrays are borrowed until the call returns. */
export interface ConnectionTap {
  /** The encryption handshake is over; it is not observed. */
  encrypted(encryption: Exclude<Encryption, 'plaintext'>): void
  /** The connection ended in the encryption handshake. */
  notEncrypted(end: TransportEnd): void
  sent(bytes: Uint8Array): void
  received(bytes: Uint8Array): void
  /** Later calls change nothing. */
  closed(end: TransportEnd): void
}

/** Observes connections. */
export interface CapturePort {
  /** @param initiator who dialled */
  open(connection: Pick<Transport, 'kind' | 'local' | 'remote'>, initiator: 'us' | 'peer'): ConnectionTap
}

/**
 * A transport that is observed from here on, at the level of the bytes of BitTorrent.
 * @param tap undefined to leave the transport as it is
 * @param transport after its encryption handshake, and not started
 */
export function tapped(transport: Transport, tap: ConnectionTap | undefined): Transport {
  if (tap === undefined) return transport
  const { encryption } = transport
  if (encryption !== 'plaintext') tap.encrypted(encryption)
  return new TappedTransport(transport, tap)
}

class TappedTransport implements Transport {
  readonly kind: Transport['kind']
  readonly encryption: Encryption
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #inner: Transport
  readonly #tap: ConnectionTap

  constructor(inner: Transport, tap: ConnectionTap) {
    this.kind = inner.kind
    this.encryption = inner.encryption
    this.local = inner.local
    this.remote = inner.remote
    this.#inner = inner
    this.#tap = tap
  }

  get bytesSent(): number {
    return this.#inner.bytesSent
  }

  get bytesReceived(): number {
    return this.#inner.bytesReceived
  }

  get utpStats(): Transport['utpStats'] {
    return this.#inner.utpStats
  }

  start(sink: TransportSink): void {
    this.#inner.start({
      bytes: (chunk) => {
        this.#tap.received(chunk)
        sink.bytes(chunk)
      },
      drained: () => sink.drained(),
      closed: (end) => {
        this.#tap.closed(end)
        sink.closed(end)
      },
    })
  }

  write(bytes: Uint8Array): boolean {
    this.#tap.sent(bytes)
    return this.#inner.write(bytes)
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    this.#tap.sent(concat(parts))
    return writeAll(this.#inner, parts)
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  end(): void {
    this.#inner.end()
  }

  abort(): void {
    this.#inner.abort()
  }
}
