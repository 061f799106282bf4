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
  /**
   * A comment on the packet with a byte that the peer sent, or is about to be observed to have sent; on the next packet of the
   * connection if there is none.
   * @param offset in the stream of the peer, in bytes; undefined for a comment on no byte
   */
  remark(offset: number | undefined, text: string): void
  /** Later calls change nothing. */
  closed(end: TransportEnd): void
}

/** A connection that we dialled in vain. */
export interface UnopenedConnection extends Pick<Transport, 'kind' | 'local' | 'remote'> {
  /** When we began to dial, on the caller's clock, in milliseconds. */
  readonly dialledAt: number
  /** `accepted-and-reset`: it was established, and reset before it could be used. */
  readonly answer: 'refused' | 'accepted-and-reset' | 'none'
  /** What was reported, such as ECONNREFUSED or E_CONNECT_TIMEOUT. */
  readonly reason: string
}

/** Observes connections. */
export interface CapturePort {
  /**
   * A connection was established.
   * @param initiator who dialled
   * @param dialledAt when we began to dial, on the caller's clock, in milliseconds
   */
  open(
    connection: Pick<Transport, 'kind' | 'local' | 'remote'>,
    initiator: 'us' | 'peer',
    dialledAt?: number,
  ): ConnectionTap
  /** A connection was dialled in vain. */
  notOpened?(connection: UnopenedConnection): void
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
  #isStarted = false

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
    this.#isStarted = true
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

  writeAll(parts: readonly Uint8Array[], written?: () => void): boolean {
    this.#tap.sent(concat(parts))
    return writeAll(this.#inner, parts, written)
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
    // a transport that was never started reports no end
    if (!this.#isStarted) this.#tap.closed({ by: 'us', kind: 'rst' })
    this.#inner.abort()
  }
}
