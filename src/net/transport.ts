import type { PeerError } from '../base/errors.ts'

/** One end of a connection. `address` is a literal, IPv6 without brackets. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
}

/** What protects the bytes: nothing, RC4, or plaintext behind an MSE handshake. */
export type Encryption = 'plaintext' | 'rc4' | 'mse-plaintext'

/** How a stream ended, as far as this side can tell. */
export interface TransportEnd {
  readonly by: 'us' | 'peer'
  /** An orderly end (FIN), a reset (RST), or null when neither was seen. */
  readonly kind: 'fin' | 'rst' | null
  /** Why, when it was no plain end. */
  readonly error?: PeerError
}

/** Where a transport delivers what comes in; the calls never overlap and nothing follows `closed`. */
export interface TransportSink {
  /** Bytes, in order. Borrowed: the transport may reuse the memory as soon as the call returns. */
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
  /** Starts delivery. Called once; until then nothing is read. */
  start(sink: TransportSink): void
  /** Queues bytes, which must not change afterwards; false when the caller should wait for `drained`. */
  write(bytes: Uint8Array): boolean
  /** Stops and restarts reading; the peer feels it through its window. */
  pause(): void
  resume(): void
  /** Sends what is queued, then FIN; `closed` follows. */
  end(): void
  /** Closes at once, with a reset where the transport has one; `closed` follows. */
  abort(): void
}

export interface DialOptions {
  /** How long one address may take, in milliseconds. */
  readonly timeoutMs: number
  /** Local address to dial from. */
  readonly source?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a transport to one address.
 * @throws PeerError E_CONNECT_REFUSED, E_CONNECT_UNREACHABLE, E_CONNECT_TIMEOUT, E_BIND, or the signal's reason
 */
export type Dial = (to: Endpoint, options: DialOptions) => Promise<Transport>

export interface Listener {
  readonly address: Endpoint
  /** Stops accepting; transports already handed out live on. */
  close(): Promise<void>
}

/**
 * Accepts transports on a local address; port 0 takes a free one.
 * @throws PeerError E_BIND
 */
export type Listen = (at: Endpoint, accepted: (transport: Transport) => void) => Promise<Listener>
