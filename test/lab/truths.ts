import type { CauseCode } from '../../src/diagnose/cause/causes.ts'

/** The libtorrent family closes on accept, and its UDP port is mute. */
export const CLOSES_ON_ACCEPT: readonly CauseCode[] = [
  'no-active-torrent',
  'torrent-inactive',
  'torrent-unknown',
  'connection-limit',
  'address-filtered',
]

/** A hash that is refused without a proof that it is known, and without a reason. */
export const HASH_REFUSED: readonly CauseCode[] = [
  'torrent-unknown',
  'torrent-inactive',
  'connection-limit',
  'same-address',
  'address-filtered',
]

/** A hash that is proven to be known, and refused without a reason. */
export const KNOWN_AND_REFUSED: readonly CauseCode[] = [
  'torrent-inactive',
  'connection-limit',
  'same-address',
  'address-filtered',
]

/** Plaintext is refused and MSE is accepted, and nothing shows who does it. */
export const PLAINTEXT_REFUSED: readonly CauseCode[] = ['encryption-required', 'plaintext-filtered']

/** Closed after the handshake was read, by a client without MSE and without uTP. */
export const NO_PROOF_AT_ALL: readonly CauseCode[] = [
  ...HASH_REFUSED,
  'bits-refused',
  'name-banned',
  'no-backend',
]
