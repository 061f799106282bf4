/** Deep enough for a first look at how fast a peer is, shallow enough for a slow one. */
const FIRST_DEPTH = 64

/** What a slow peer gets; fewer would leave it idle between answers. */
const LEAST_DEPTH = 4

/** How much the queue holds of what the peer sends, in milliseconds, above what is on the way. */
const QUEUE_MS = 1000

/**
 * How many requests to keep with a peer: what it sends in a second and two round trips, so that it never waits for us
 * and a slow one does not queue for minutes. Grows at most twofold for each queue that was answered.
 */
export class QueueDepth {
  #limit: number
  #depth: number
  #answered = 0
  #since: number | undefined
  #leastLatencyMs = Number.POSITIVE_INFINITY

  /** @param limit most requests at a time, at least 1 */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit)
    this.#depth = Math.min(FIRST_DEPTH, this.#limit)
  }

  set limit(limit: number) {
    this.#limit = Math.max(1, limit)
    this.#depth = Math.min(this.#depth, this.#limit)
  }

  get current(): number {
    return this.#depth
  }

  /** Requests run dry or are choked away: the time until the next answer says nothing about the peer's speed. */
  interrupted(): void {
    this.#since = undefined
  }

  answered(latencyMs: number, at: number): void {
    this.#leastLatencyMs = Math.min(this.#leastLatencyMs, latencyMs)
    if (this.#since === undefined) {
      this.#since = at
      this.#answered = 0
      return
    }
    this.#answered++
    if (this.#answered < this.#depth) return
    const elapsedMs = Math.max(1, at - this.#since)
    const wanted = Math.ceil((this.#answered / elapsedMs) * (QUEUE_MS + 2 * this.#leastLatencyMs))
    const least = Math.min(LEAST_DEPTH, this.#limit)
    this.#depth = Math.min(this.#limit, Math.max(least, Math.min(wanted, this.#depth * 2)))
    this.#since = at
    this.#answered = 0
  }
}
