import type { ClosedBy } from '../base/closed-by.ts'
import type { DatagramFilter } from '../session/utp/endpoint.ts'
import type { UtpStats } from '../session/utp/events.ts'

/** One end of a connection. `address` is a literal, IPv6 without brackets. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
}

/** What protects the bytes: nothing, RC4, or plaintext behind an MSE handshake. */
export type Encryption = 'plaintext' | 'rc4' | 'mse-plaintext'

/** Why a connection ended although neither side closed it. */
export interface TransportFailure {
  /**
   * `lost`: the system or the network reported that the path is gone. `unanswered`: only silence; we sent again and again, and
   * gave up. `blocked`: this machine refused to send. `bug`: an error of our own.
   */
  readonly type: 'lost' | 'unanswered' | 'blocked' | 'bug'
  /** What the system said, such as ETIMEDOUT, or what we waited for in vain. */
  readonly detail: string
}

/** How a stream ended, as far as this side can tell. */
export interface TransportEnd {
  readonly by: ClosedBy
  /** An orderly end (FIN), a reset (RST), or null when neither was seen. */
  readonly kind: 'fin' | 'rst' | null
  /** What the peer gave as its reason, where the transport can carry one (uTP of libtorrent). */
  readonly reason?: { readonly code: number; readonly name: string }
  /** Set when neither side closed: the network lost the connection, or we gave it up. */
  readonly failure?: TransportFailure
}

/** Where a transport delivers what comes in; the calls never overlap and nothing follows `closed`. */
export interface TransportSink {
  /**
   * Bytes, in order, as a plain Uint8Array and no Buffer, whose `slice` is no copy. Borrowed: the transport may reuse the memory as soon as the call returns. Until then they are the
   * sink's to overwrite, so that they can be decrypted where they are.
   */
  bytes(chunk: Uint8Array): void
  /** There is room again after a `write` that returned false. */
  drained(): void
  closed(end: TransportEnd): void
}

/**
 * A two-way stream of bytes to one peer, connected. It pushes instead of being iterated: a download reads
 * into one reused buffer and copies each block once, to its place, which an iterable of chunks cannot do.
 */
export interface Transport {
  readonly kind: 'tcp' | 'utp' | 'memory'
  readonly encryption: Encryption
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Bytes on the wire so far, each way, without the headers of TCP or uTP. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Figures of the path; only uTP knows them. */
  readonly utpStats?: UtpStats | undefined
  /** Starts delivery. Called once; until then nothing is read, and nothing is delivered before it has returned. */
  start(sink: TransportSink): void
  /** Queues bytes, which must not change afterwards; false when the caller should wait for `drained`. */
  write(bytes: Uint8Array): boolean
  /** Queues byte arrays that leave together, as `write`; for transports that need no copy to join them. */
  writeAll?(parts: readonly Uint8Array[]): boolean
  /** Stops and restarts reading; the peer feels it through its window. */
  pause(): void
  resume(): void
  /** Sends what is queued, then FIN; nothing but `closed` is delivered any more. */
  end(): void
  /** Closes at once, with a reset where the transport has one; `closed` follows. */
  abort(): void
}

/** A SOCKS5 proxy (RFC 1928), with the name and password of RFC 1929 where it wants them. */
export interface Proxy {
  /** Name or literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly username?: string | undefined
  /** Never to be printed. */
  readonly password?: string | undefined
}

/** How an address is dialled. */
export interface DialOptions {
  /** How long one address may take, in milliseconds. */
  readonly timeoutMs: number
  /** Local address to dial from. */
  readonly source?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Default `tcp`. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** Goes through a proxy, which then may be given a host name as the address; for TCP only. */
  readonly proxy?: Proxy | undefined
  /** Called at the moment that the connection is there, before it is made into a transport; not through a proxy. */
  readonly onConnected?: (() => void) | undefined
}

/**
 * Opens a transport to one address.
 * @throws PeerError E_CONNECT_REFUSED, E_CONNECT_UNREACHABLE, E_CONNECT_TIMEOUT, E_PROXY_FAILED, E_BIND, or the
 *   signal's reason
 */
export type Dial = (to: Endpoint, options: DialOptions) => Promise<Transport>

/** An address that is listened on, the port as it was taken. */
export interface Listener {
  readonly address: Endpoint
  /** Stops accepting; transports already handed out live on. */
  close(): Promise<void>
}

/** What changes how a listener treats the connections that it accepts. */
export interface ListenOptions {
  /** Makes what changes the datagrams that leave on one accepted connection; only a transport of datagrams heeds it. */
  readonly misbehave?: (() => DatagramFilter) | undefined
}

/**
 * Accepts transports on a local address; port 0 takes a free one.
 * @throws PeerError E_BIND
 */
export type Listen = (
  at: Endpoint,
  accepted: (transport: Transport) => void,
  options?: ListenOptions,
) => Promise<Listener>
