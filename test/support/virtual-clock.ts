import type { Clock } from '../../src/net/clock.ts'

/** Time that stands still until a test moves it. */
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

  /** How many callbacks wait. */
  get pending(): number {
    return this.#due.size
  }

  /** Moves time on at once, as for a process that was stopped: what was due meanwhile is late. */
  jump(ms: number): void {
    this.#now += ms
    this.advance(0)
  }

  /** Moves time on, callback by callback. */
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
