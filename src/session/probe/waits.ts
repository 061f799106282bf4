/** How long a scripted probe waits, in milliseconds. */
export interface ProbeWaits {
  /** Silence before our first byte: what a peer does in that time is not an answer. */
  readonly silenceMs: number
  /** Between parts that a peer is expected to read, and not to answer. */
  readonly gapMs: number
  /** For the answer to the info hash, before the peer id follows. */
  readonly hashMs: number
  /** For the answer to the last part of a handshake. */
  readonly handshakeMs: number
  /** Between the halves of a public key. */
  readonly halfMs: number
  /** For the answer to a public key: aria2 takes up to a second. */
  readonly keyMs: number
  /** For the answer to the start of another protocol. */
  readonly nudgeMs: number
  /** For a banner that comes late. */
  readonly bannerMs: number
  /** For the rest of an answer, after the last byte. */
  readonly settleMs: number
}

/** On a local network, where all clients answer within a second. */
const LOCAL: ProbeWaits = {
  silenceMs: 250,
  gapMs: 700,
  hashMs: 2000,
  handshakeMs: 2000,
  halfMs: 500,
  keyMs: 3000,
  nudgeMs: 2000,
  bannerMs: 10_000,
  settleMs: 150,
}

/** A longer round trip was not one: a SYN was lost and sent again. */
const LONGEST_ROUND_TRIP_MS = 2000

/**
 * The waits for a path: an answer needs one round trip more than on a local network, and a busy path a second one.
 * @param answerMs for the last answer of a probe, on a local network; undefined for the usual waits
 */
export function waitsFor(roundTripMs: number, answerMs?: number): ProbeWaits {
  const extraMs = 2 * Math.min(Math.max(roundTripMs, 0), LONGEST_ROUND_TRIP_MS)
  const onPath = (localMs: number) => localMs + extraMs
  return {
    silenceMs: onPath(LOCAL.silenceMs),
    gapMs: onPath(LOCAL.gapMs),
    hashMs: onPath(LOCAL.hashMs),
    handshakeMs: onPath(answerMs ?? LOCAL.handshakeMs),
    halfMs: onPath(LOCAL.halfMs),
    keyMs: onPath(answerMs ?? LOCAL.keyMs),
    nudgeMs: onPath(answerMs ?? LOCAL.nudgeMs),
    bannerMs: onPath(answerMs ?? LOCAL.bannerMs),
    settleMs: onPath(LOCAL.settleMs),
  }
}
