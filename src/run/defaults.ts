import { BLOCK_LENGTH } from '../base/limits.ts'

/** Default values, shared by the command line and the library. */

/** Timeouts of a session with one peer, in milliseconds. */
export const SESSION_DEFAULTS = {
  /** Per address tried. */
  connectTimeoutMs: 5_000,
  handshakeTimeoutMs: 10_000,
  /** Longer than three choking rounds of ten seconds, so that a seeder that rotates its slots can unchoke us. */
  unchokeTimeoutMs: 35_000,
  /** For the whole command. */
  totalTimeoutMs: 60_000,
  encryption: 'auto',
  transport: 'auto',
} as const

/** The reserved bits that our handshake sets. */
export const FEATURE_DEFAULTS = { fast: true, extensions: true, dht: false, v2: false } as const

/** How long `connect` listens, in milliseconds. */
export const CONNECT_DEFAULTS = { settleMs: 300, waitMs: 5_000 } as const

/** Maximum number of times that `fetchBlock` fetches its range. */
export const MAX_REPEAT = 10_000

/** Longest duration that an option accepts, in milliseconds: Node's timers overflow after 24 days. */
export const MAX_DURATION_MS = 24 * 60 * 60 * 1000

/** Which bytes `fetchBlock` requests, and how often. */
export const FETCH_BLOCK_DEFAULTS = { offset: 0, length: BLOCK_LENGTH, repeat: 1 } as const

/** Longest wait for a block while requests are outstanding, in milliseconds. */
export const BLOCK_TIMEOUT_MS = 30_000

/** Longest wait for a peer to say which pieces it has, in milliseconds. */
export const AVAILABILITY_WAIT_MS = 5_000

export const SERVE_DEFAULTS = {
  listen: { address: '127.0.0.1', port: 6881, family: 4 },
  encryption: 'auto',
  seed: 1,
} as const

/** How many peers `scan` works on at once. */
export const SCAN_DEFAULTS = { concurrency: 256 } as const

export const MAX_CONCURRENCY = 10_000

/** Most connections per second that `scan` can be limited to. */
export const MAX_RATE = 100_000
