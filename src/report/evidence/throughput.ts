import type { TraceEvent } from '../../trace/event.ts'

/** Blocks that came in one interval. */
export interface Interval {
  bytes: number
  blocks: number
  /** Sum and maximum of the time from request to block, in milliseconds. */
  waited: number
  slowest: number
}

/** More intervals than this are merged in pairs, so that memory does not grow with the session. */
const MAX_INTERVALS = 120

const FIRST_INTERVAL_MS = 10

/** More outstanding requests than a peer keeps. */
const MAX_OUTSTANDING = 4096

/** Folds a trace into the bytes and the latency of its blocks over time. */
export class Throughput {
  #intervals: Interval[] = []
  #intervalMs = FIRST_INTERVAL_MS
  #startedAt: number | undefined
  readonly #requested = new Map<string, number>()

  step(event: TraceEvent): void {
    if (!('message' in event)) return
    const { message, at, type } = event
    if (message.type !== 'request' && message.type !== 'piece') return
    const key = `${message.piece} ${message.begin}`
    if (type === 'sent' && message.type === 'request') {
      this.#startedAt ??= at
      if (this.#requested.size < MAX_OUTSTANDING) this.#requested.set(key, at)
    }
    if (type !== 'received' || message.type !== 'piece') return
    const waited = at - (this.#requested.get(key) ?? at)
    this.#requested.delete(key)
    const interval = this.#at(at)
    interval.bytes += message.length
    interval.blocks++
    interval.waited += waited
    interval.slowest = Math.max(interval.slowest, waited)
  }

  get intervals(): readonly Interval[] {
    return this.#intervals
  }

  /** Length of an interval in milliseconds. */
  get intervalMs(): number {
    return this.#intervalMs
  }

  /** When the first request was sent, since the start. */
  get startedAt(): number | undefined {
    return this.#startedAt
  }

  #at(at: number): Interval {
    const since = at - (this.#startedAt ??= at)
    while (Math.floor(since / this.#intervalMs) >= MAX_INTERVALS) this.#merge()
    const index = Math.floor(since / this.#intervalMs)
    while (this.#intervals.length <= index) this.#intervals.push(noBlocks())
    return this.#intervals[index] ?? noBlocks()
  }

  #merge(): void {
    const merged: Interval[] = []
    for (let i = 0; i < this.#intervals.length; i += 2) {
      const a = this.#intervals[i] ?? noBlocks()
      const b = this.#intervals[i + 1] ?? noBlocks()
      merged.push({
        bytes: a.bytes + b.bytes,
        blocks: a.blocks + b.blocks,
        waited: a.waited + b.waited,
        slowest: Math.max(a.slowest, b.slowest),
      })
    }
    this.#intervals = merged
    this.#intervalMs *= 2
  }
}

function noBlocks(): Interval {
  return { bytes: 0, blocks: 0, waited: 0, slowest: 0 }
}
