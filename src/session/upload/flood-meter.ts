import { FLOOD_BURST, FLOOD_RATE } from '../../base/limits.ts'

/** Counts useless messages from a peer. FLOOD_BURST of them, plus FLOOD_RATE per second, are tolerated; more are a flood. */
export class FloodMeter {
  readonly #burst: number
  readonly #perSecond: number
  #level = 0
  #at = 0

  constructor(burst = FLOOD_BURST, perSecond = FLOOD_RATE) {
    this.#burst = burst
    this.#perSecond = perSecond
  }

  /**
   * Adds useless messages. Returns true once they are a flood.
   * @param at milliseconds, never decreasing
   */
  add(at: number, messages: number): boolean {
    const forgiven = ((at - this.#at) / 1000) * this.#perSecond
    this.#level = Math.max(0, this.#level - forgiven) + messages
    this.#at = at
    return this.#level > this.#burst
  }
}
