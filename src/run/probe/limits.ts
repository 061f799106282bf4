/** How long a probe waits, in milliseconds. Each wait also allows for the measured round trip; see `patience`. */

/**
 * Silence before our first byte. Clients that refuse a connection on accept close it within 25 ms on a loaded machine, and
 * services with a banner send it by then.
 */
export const SILENCE_MS = 250

/** For what a peer says about itself after the handshake. Transmission takes half a second. */
export const INTRODUCTION_MS = 5_000

/**
 * For a first *have* of a peer that claims nothing. libtorrent that is super-seeding sends it 10.1 to 10.9 s after the
 * handshake, and only to a peer that has not said *interested*.
 */
export const FIRST_HAVE_MS = 13_000

/** Quiet after which a session that is only about the handshake is over. */
export const SETTLE_MS = 1_000

/** For *unchoke* or *allowed fast*, before a piece is chosen: they come right after the claims, where they come at once. */
export const ALLOWANCE_MS = 500

/** For a requested block: at 1 kB/s, the slowest limit of common clients, most of one has come by then. */
export const BLOCK_MS = 15_000

/** For a block of which more and more comes: most of a minute brings a whole one at 0.5 kB/s. */
export const SLOW_BLOCK_MS = 40_000

/** A block that took longer shows the rate, and no second one is requested. */
export const ENOUGH_MS = 8_000

/** For each small block: with an upload limit of 1 kB/s, 2 KiB took up to 1.5 s. */
export const SMALL_BLOCK_MS = 1_500

/** For the metadata, all pieces together. */
export const METADATA_MS = 20_000

/** For the rest of the piece that is hashed. When it would take longer, two blocks are enough. */
export const WHOLE_PIECE_MS = 20_000

/** For one probe, so that a peer that sends a little from time to time does not keep us for ever. */
export const PROBE_MS = 180_000

/** Longest piece that is fetched as a whole to be hashed, in bytes. Longer ones are read up to two blocks. */
export const MAX_WHOLE_PIECE = 4 * 1024 * 1024

/** Lengths of the small requests, in bytes: the packets of a path with a low MTU lie between the first and the last. */
export const SMALL_LENGTHS = [256, 512, 1024, 2048] as const

/** A wait on a path with this round trip: never shorter than on a local network, and two round trips longer. */
export function patience(localMs: number, roundTripMs: number): number {
  return Math.ceil(localMs + 2 * roundTripMs)
}
