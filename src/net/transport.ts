import type { ClosedBy } from '../base/closed-by.ts'
import type { DatagramFilter } from '../session/utp/endpoint.ts'
import type { UtpStats } from '../session/utp/events.ts'

/** One end of a connection. `address` is a literal, IPv6 without brackets. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
}

/** What carries the bytes of a peer. */
export type TransportKind = 'tcp' | 'utp'

/** What protects the bytes: nothing, RC4, or plaintext after an MSE handshake. */
export type Encryption = 'plaintext' | 'rc4' | 'mse-plaintext'

/** Why a connection ended although neither side closed it. */
export interface TransportFailure {
  /**
   * `lost`: the system or the network reported that the path has failed. `unanswered`: we retransmitted repeatedly without an
   * answer, and timed out. `blocked`: this machine refused to send. `bug`: an internal error.
   */
  readonly type: 'lost' | 'unanswered' | 'blocked' | 'bug'
  /** What the system reported, such as ETIMEDOUT, or what we were waiting for. */
  readonly detail: string
}

/** How a stream ended, as far as this side knows. */
export interface TransportEnd {
  readonly by: ClosedBy
  /** An orderly end (FIN), a reset (RST), or null if there was neither. */
  readonly kind: 'fin' | 'rst' | null
  /** The reason that the peer gave, if the transport can carry one (uTP of libtorrent). */
  readonly reason?: { readonly code: number; readonly name: string }
  /** Set when neither side closed: the network lost the connection, or we timed out. */
  readonly failure?: TransportFailure
}

/** Where a transport delivers what it receives. Calls never overlap, and none follows `closed`. */
export interface TransportSink {
  /**
   * Bytes, in order, as a plain Uint8Array (not a Buffer, whose `slice` does not copy). Borrowed: the transport may reuse the
   * memory as soon as the call returns. Until then, the sink may overwrite it, for example to decrypt in place.
   */
  bytes(chunk: Uint8Array): void
  /** More can be written, after a `write` that returned false. */
  drained(): void
  closed(end: TransportEnd): void
}

/**
 * A connected, bidirectional byte stream to one peer. It pushes data instead of being iterated: a download reads into one
 * reused buffer and copies each block once, to its final place. An iterable of chunks cannot do that.
 */
export interface Transport {
  readonly kind: TransportKind | 'memory'
  readonly encryption: Encryption
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Bytes on the wire so far, in each direction, without the headers of TCP or uTP. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Statistics of the path; only uTP has them. */
  readonly utpStats?: UtpStats | undefined
  /** Starts delivery. Call it once. Nothing is read before the call, and nothing is delivered before it returns. */
  start(sink: TransportSink): void
  /** Queues bytes, which must not change afterwards. Returns false when the caller should wait for `drained`. */
  write(bytes: Uint8Array): boolean
  /**
   * Like `write`, for several byte arrays that are sent together. Only transports that can do this without a copy have it.
   * @param written called after this returns, when the byte arrays were sent or copied and may change; perhaps never, if the
   *   connection ends first
   */
  writeAll?(parts: readonly Uint8Array[], written?: () => void): boolean
  /** Stops and resumes reading; the peer notices by its send window. */
  pause(): void
  resume(): void
  /** Sends what is queued, then FIN. After that, only `closed` is delivered. */
  end(): void
  /** Closes immediately, with a reset if the transport has one; `closed` follows. */
  abort(): void
}

/** A SOCKS5 proxy (RFC 1928), with the name and password of RFC 1929 if it requires them. */
export interface Proxy {
  /** Name or literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly username?: string | undefined
  /** Must never be printed. */
  readonly password?: string | undefined
}

/** How to dial an address. */
export interface DialOptions {
  /** Time limit for one address, in milliseconds. */
  readonly timeoutMs: number
  /** Local address to dial from. */
  readonly source?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Default `tcp`. */
  readonly transport?: TransportKind | undefined
  /** Connects through a proxy, which also accepts a host name as the address. TCP only. */
  readonly proxy?: Proxy | undefined
  /** Called with our end once the system has chosen it and asks the peer; not called with a proxy. */
  readonly onDialling?: ((local: Endpoint) => void) | undefined
  /** Called when the connection is established, before the transport is created; not called with a proxy. */
  readonly onConnected?: (() => void) | undefined
}

/**
 * Opens a transport to one address.
 * @throws PeerError E_CONNECT_REFUSED, E_CONNECT_UNREACHABLE, E_CONNECT_TIMEOUT, E_PROXY_FAILED, E_BIND, or the
 *   signal's reason
 */
export type Dial = (to: Endpoint, options: DialOptions) => Promise<Transport>

/** A listening address, with the actual port. */
export interface Listener {
  readonly address: Endpoint
  /** Stops accepting. Transports that were already passed on stay open. */
  close(): Promise<void>
}

/** What changes how a listener treats the connections that it accepts. */
export interface ListenOptions {
  /** Creates the fault injection for the outgoing datagrams of one accepted connection; only datagram transports use it. */
  readonly misbehave?: (() => DatagramFilter) | undefined
}

/**
 * Accepts transports on a local address; port 0 selects a free one.
 * @throws PeerError E_BIND
 */
export type Listen = (
  at: Endpoint,
  accepted: (transport: Transport) => void,
  options?: ListenOptions,
) => Promise<Listener>
