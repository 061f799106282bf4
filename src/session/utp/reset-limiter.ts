/** Minimum interval between RESETs to one address, in ms, as in libutp. */
const INTERVAL_MS = 10_000
/** Most addresses kept; above it no new address gets a RESET until the interval is over. */
const MAX_ADDRESSES = 1000

/** Rate-limits RESETs for unknown connections, so that spoofed packets cannot use us as a reflector. */
export class UtpResetLimiter {
  readonly #resetAt = new Map<string, number>()

  allows(at: number, address: string): boolean {
    // oldest first: an address that gets another RESET moves to the end
    for (const [oldest, resetAt] of this.#resetAt) {
      if (at - resetAt < INTERVAL_MS) break
      this.#resetAt.delete(oldest)
    }
    if (this.#resetAt.has(address) || this.#resetAt.size >= MAX_ADDRESSES) return false
    this.#resetAt.set(address, at)
    return true
  }
}
