import { BLOCK_LENGTH } from '../base/limits.ts'

/** What applies when nothing else is asked for. The command line and the library share these. */

/** Times of a session with one peer, in milliseconds. */
export const SESSION_DEFAULTS = {
  /** For each address that is tried. */
  connectTimeoutMs: 5_000,
  handshakeTimeoutMs: 10_000,
  /** Longer than three choking rounds of ten seconds: a seeder that rotates its slots gets its chance. */
  unchokeTimeoutMs: 35_000,
  /** For the whole command. */
  totalTimeoutMs: 60_000,
  encryption: 'auto',
  transport: 'tcp',
} as const

/** The bits of our handshake. */
export const FEATURE_DEFAULTS = { fast: true, extensions: true, dht: false, v2: false } as const

/** How long `connect` listens, in milliseconds. */
export const CONNECT_DEFAULTS = { settleMs: 300, waitMs: 5_000 } as const

/** Most times that `fetchBlock` fetches its bytes. */
export const MAX_REPEAT = 10_000

/** Longest time that can be asked for, in milliseconds: timers of Node wrap at 24 days. */
export const MAX_DURATION_MS = 24 * 60 * 60 * 1000

/** Which bytes `fetchBlock` asks for, and how often. */
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
