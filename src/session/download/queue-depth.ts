/** Initial depth: deep enough to measure a fast peer, shallow enough for a slow one. */
const FIRST_DEPTH = 64

/** Depth for a slow peer; with less it would be idle between answers. */
const LEAST_DEPTH = 4

/** How much of the peer's transfer the queue covers, in milliseconds, on top of the round trips. */
const QUEUE_MS = 1000

/**
 * How many requests to keep outstanding with a peer: what it sends in one second and two round trips. A fast peer never
 * waits for us, and a slow one does not queue for minutes. The depth at most doubles for each queue that was answered.
 */
export class QueueDepth {
  #limit: number
  #depth: number
  #answered = 0
  #since: number | undefined
  #leastLatencyMs = Number.POSITIVE_INFINITY

  /** @param limit most outstanding requests, at least 1 */
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

  /** The queue ran dry or was choked: the time until the next answer says nothing about the peer's speed. */
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
