const SLOT_MS = 60_000
/** Minutes for which the lowest delay is kept: long enough to see an empty queue, short enough for clock drift. */
const SLOTS = 13
/** The queueing delay is the lowest of this many samples, because one slow packet is not a queue. */
const RECENT_SAMPLES = 3

/**
 * One-way delays of our packets, as measured by the peer. The two clocks are not synchronised, so only differences are
 * meaningful: the lowest delay represents the empty path, and anything above it is queueing.
 * @see https://www.bittorrent.org/beps/bep_0029.html "congestion control"
 */
export class UtpDelayHistory {
  readonly #minima: number[] = []
  readonly #recent: number[] = []
  #slotStartedAt = 0

  /**
   * @param at now, ms
   * @param sample the peer's timestamp difference, microseconds modulo 2^32
   * @returns the queueing delay in ms, never negative
   */
  add(at: number, sample: number): number {
    const newest = this.#minima.length - 1
    if (newest < 0 || at - this.#slotStartedAt >= SLOT_MS) {
      this.#slotStartedAt = at
      this.#minima.push(sample)
      if (this.#minima.length > SLOTS) this.#minima.shift()
    } else if (isBelow(sample, this.#minima[newest] as number)) {
      this.#minima[newest] = sample
    }
    const base = this.#minima.reduce((lowest, slot) => (isBelow(slot, lowest) ? slot : lowest))
    this.#recent.push(((sample - base) >>> 0) / 1000)
    if (this.#recent.length > RECENT_SAMPLES) this.#recent.shift()
    return Math.min(...this.#recent)
  }
}

/** Compares differences, which wrap at 2^32: `a` is below `b` when it is in the half circle before it. */
function isBelow(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}
