import type { Clock } from '../../../src/net/clock.ts'

/** A clock that only advances when a test moves it. */
export class VirtualClock implements Clock {
  #now = 0
  readonly #due = new Set<{ readonly at: number; readonly callback: () => void }>()

  now(): number {
    return this.#now
  }

  schedule(at: number, callback: () => void): () => void {
    const entry = { at, callback }
    this.#due.add(entry)
    return () => this.#due.delete(entry)
  }

  /** The number of pending callbacks. */
  get pending(): number {
    return this.#due.size
  }

  /** Advances in one step, as after a suspended process: callbacks that were due in between run late. */
  jump(ms: number): void {
    this.#now += ms
    this.advance(0)
  }

  /** Advances the time, callback by callback. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#due].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#now = Math.max(this.#now, next.at)
      this.#due.delete(next)
      next.callback()
    }
    this.#now = end
  }
}
