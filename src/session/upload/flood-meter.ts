import { FLOOD_BURST, FLOOD_RATE } from '../../base/limits.ts'

/** Counts what a peer sends to no purpose: a burst is forgiven, and so many a second; the rest is a flood. */
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
   * Adds useless messages; true when it is a flood.
   * @param at milliseconds, never going back
   */
  add(at: number, messages: number): boolean {
    const forgiven = ((at - this.#at) / 1000) * this.#perSecond
    this.#level = Math.max(0, this.#level - forgiven) + messages
    this.#at = at
    return this.#level > this.#burst
  }
}
