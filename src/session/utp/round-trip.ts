/** Timeout before the first round trip is measured, in ms (BEP 29). */
const INITIAL_TIMEOUT_MS = 1000
const MIN_TIMEOUT_MS = 500
const MAX_TIMEOUT_MS = 60_000

/**
 * The round-trip time of one uTP connection and the timeout derived from it. Whole milliseconds with truncating
 * division, as in the deployed implementations.
 * @see https://www.bittorrent.org/beps/bep_0029.html "timeouts"
 */
export class UtpRoundTrip {
  #rttMs: number | undefined
  #varianceMs = 0
  #backoff = 1

  /** Smoothed round-trip time in ms; undefined before the first sample. */
  get rttMs(): number | undefined {
    return this.#rttMs
  }

  get varianceMs(): number {
    return this.#varianceMs
  }

  /** How long to wait for an acknowledgement, in ms: 500 to 60000, doubled by each `backOff`. */
  get timeoutMs(): number {
    const base =
      this.#rttMs === undefined
        ? INITIAL_TIMEOUT_MS
        : Math.max(this.#rttMs + 4 * this.#varianceMs, MIN_TIMEOUT_MS)
    return Math.min(base * this.#backoff, MAX_TIMEOUT_MS)
  }

  /** Adds a measured round trip in ms, of a packet that was sent only once: for others it is unknown which copy was answered. */
  sample(ms: number): void {
    const sample = Math.trunc(Math.max(0, ms))
    if (this.#rttMs === undefined) {
      this.#rttMs = sample
      this.#varianceMs = Math.trunc(sample / 2)
      return
    }
    const delta = this.#rttMs - sample
    this.#varianceMs += Math.trunc((Math.abs(delta) - this.#varianceMs) / 4)
    this.#rttMs -= Math.trunc(delta / 8)
  }

  /** A timeout occurred: the next one is twice as long. */
  backOff(): void {
    this.#backoff = Math.min(this.#backoff * 2, 64)
  }

  /** The peer acknowledged something new: the timeout is as measured again. */
  progressed(): void {
    this.#backoff = 1
  }
}
