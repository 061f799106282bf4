/** What can be scheduled. */
export interface Placed {
  /** The addresses and ports that it connects to: while it runs, nothing else connects to any of them. */
  readonly places: readonly string[]
}

/** How much may happen at once. */
export interface ScheduleLimits {
  /** Most items at once. */
  readonly concurrency: number
  /** Connections started per second; undefined for no limit. */
  readonly rate: number | undefined
}

/**
 * Decides which item runs next: at most `concurrency` at once, never two at one place, and no faster than the rate. An item
 * whose place is busy lets those after it pass. Time is an argument, in milliseconds.
 */
export class Schedule<Item extends Placed> {
  readonly #waiting: Item[] = []
  readonly #busy = new Set<string>()
  /** Places that rest, and until when, in the order of that time. */
  readonly #resting = new Map<string, number>()
  /** Milliseconds between two connections. */
  readonly #interval: number
  #concurrency: number
  #active = 0
  #nextAt = Number.NEGATIVE_INFINITY

  constructor({ concurrency, rate }: ScheduleLimits) {
    this.#concurrency = concurrency
    this.#interval = rate === undefined ? 0 : 1000 / rate
  }

  /** Items that do not run yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  get active(): number {
    return this.#active
  }

  /** Most items at once; `retry` lowers it. */
  get concurrency(): number {
    return this.#concurrency
  }

  add(item: Item): void {
    this.#waiting.push(item)
  }

  /** The next item, which runs until it is released; undefined if none may start now. */
  take(now: number): Item | undefined {
    if (this.#active >= this.#concurrency || now < this.#nextAt) return undefined
    this.#forgetRested(now)
    const index = this.#waiting.findIndex(({ places }) => places.every((place) => this.#isFree(place)))
    // almost always the first, which a list gives up without a copy of the rest
    const item = index === 0 ? this.#waiting.shift() : this.#waiting.splice(index, index < 0 ? 0 : 1)[0]
    if (item === undefined) return undefined
    for (const place of item.places) this.#busy.add(place)
    this.#active++
    this.countConnection(now)
    return item
  }

  /** Counts a connection towards the rate. `take` counts the first one of each item. */
  countConnection(now: number): void {
    if (this.#interval > 0) this.#nextAt = Math.max(now, this.#nextAt) + this.#interval
  }

  /** When `take` may return an item although none was released or added; undefined if never. */
  wakeAt(now: number): number | undefined {
    if (this.#active >= this.#concurrency || this.#waiting.length === 0) return undefined
    if (now < this.#nextAt) return this.#nextAt
    const [soonest] = this.#resting.values()
    return soonest
  }

  /**
   * Ends an item.
   * @param restMs how long nothing connects to its places. Pass the same number or 0, so that places end their rest in order
   */
  release(item: Item, now: number, restMs: number): void {
    this.#active--
    for (const place of item.places) {
      this.#busy.delete(place)
      if (restMs > 0) this.#resting.set(place, now + restMs)
    }
  }

  /**
   * Ends an item for which this process had no socket left, and lets it run again first, with fewer at once.
   * @returns false if nothing else runs, so that another time would be the same
   */
  retry(item: Item, now: number): boolean {
    if (this.#active === 1) return false
    this.release(item, now, 0)
    this.#concurrency = Math.max(1, Math.min(this.#concurrency, Math.floor((this.#active * 15) / 16)))
    this.#waiting.unshift(item)
    return true
  }

  #isFree(place: string): boolean {
    return !this.#busy.has(place) && !this.#resting.has(place)
  }

  #forgetRested(now: number): void {
    for (const [place, until] of this.#resting) {
      if (until > now) return
      this.#resting.delete(place)
    }
  }
}
