/** One RESET to an address in this time, in ms, as libutp does it. */
const INTERVAL_MS = 10_000
/** Addresses remembered; beyond them nobody new gets a RESET until the interval is over. */
const MAX_ADDRESSES = 1000

/** Decides who is told with a RESET that we do not know his connection, so that a forged flood is not passed on. */
export class UtpResetLimiter {
  readonly #toldAt = new Map<string, number>()

  allows(at: number, address: string): boolean {
    // oldest first: whoever is told again moves to the end
    for (const [oldest, toldAt] of this.#toldAt) {
      if (at - toldAt < INTERVAL_MS) break
      this.#toldAt.delete(oldest)
    }
    if (this.#toldAt.has(address) || this.#toldAt.size >= MAX_ADDRESSES) return false
    this.#toldAt.set(address, at)
    return true
  }
}
