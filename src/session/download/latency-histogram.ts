/** Growth of the upper bound from bucket to bucket: percentiles are accurate to 5 %. */
const GROWTH = 1.05
const LOG_GROWTH = Math.log(GROWTH)

/** Upper bound of the first bucket, in milliseconds. */
const FIRST_BOUND_MS = 0.01

/** Covers up to about 17 minutes; longer latencies count in the last bucket. */
const BUCKETS = 520

/** Latencies of any number of requests in a fixed amount of memory. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #minMs = Number.POSITIVE_INFINITY
  #maxMs = 0

  get count(): number {
    return this.#count
  }

  record(latencyMs: number): void {
    const bucket = Math.ceil(Math.log(latencyMs / FIRST_BOUND_MS) / LOG_GROWTH)
    const index = Math.min(BUCKETS - 1, Math.max(0, bucket))
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#count++
    this.#minMs = Math.min(this.#minMs, latencyMs)
    this.#maxMs = Math.max(this.#maxMs, latencyMs)
  }

  /**
   * The latency that the given share of all requests did not exceed, in milliseconds; undefined without requests.
   * @param share 0 for the fastest, 0.5 for the median, 1 for the slowest
   */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined
    const wanted = Math.max(1, Math.ceil(share * this.#count))
    let seen = 0
    let bucket = -1
    while (seen < wanted && bucket < BUCKETS - 1) seen += this.#counts[++bucket] as number
    return Math.min(this.#maxMs, Math.max(this.#minMs, FIRST_BOUND_MS * GROWTH ** bucket))
  }
}
