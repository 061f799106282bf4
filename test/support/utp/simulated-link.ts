/** The defects of a path. Rates are 0..1; times are in milliseconds. */
export interface LinkOptions {
  readonly seed: number
  readonly delayMs?: number
  readonly lossRate?: number
  readonly duplicateRate?: number
  /** The share of packets that are delayed, and the maximum delay. */
  readonly reorderRate?: number
  readonly reorderMs?: number
  /** Packets are sent one after the other at this rate. They wait in a queue of `queueBytes`; when it is full, they are dropped. */
  readonly bytesPerSecond?: number
  readonly queueBytes?: number
  /** Larger datagrams are dropped silently. */
  readonly largestDatagram?: number
}

/** A small generator of reproducible pseudo-random numbers in 0..1 (xorshift). */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}

/** One direction of a path between two machines: decides when, and how often, a datagram arrives. */
export class SimulatedLink {
  readonly #options: LinkOptions
  readonly #random: () => number
  #freeAt = 0
  sent = 0
  dropped = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  /** The arrival times of a datagram of `length` bytes that is sent at `at`; none when it is lost. */
  arrivals(at: number, length: number): number[] {
    const { delayMs = 0, lossRate = 0, duplicateRate = 0, reorderRate = 0, reorderMs = 0 } = this.#options
    this.sent++
    const leavesAt = this.#leavesAt(at, length)
    if (leavesAt === undefined || this.#random() < lossRate) {
      this.dropped++
      return []
    }
    const copies = this.#random() < duplicateRate ? 2 : 1
    return Array.from({ length: copies }, () => {
      const late = this.#random() < reorderRate ? this.#random() * reorderMs : 0
      return leavesAt + delayMs + late
    })
  }

  #leavesAt(at: number, length: number): number | undefined {
    const { bytesPerSecond, queueBytes = Infinity, largestDatagram = Infinity } = this.#options
    if (length > largestDatagram) return undefined
    if (bytesPerSecond === undefined) return at
    const start = Math.max(at, this.#freeAt)
    if (((start - at) * bytesPerSecond) / 1000 > queueBytes) return undefined
    this.#freeAt = start + (length * 1000) / bytesPerSecond
    return this.#freeAt
  }
}

interface Scheduled {
  readonly at: number
  readonly order: number
  readonly run: (at: number) => void
}

/** Virtual time: events run in the order of their times, without waiting. */
export class VirtualTime {
  readonly #heap: Scheduled[] = []
  #order = 0
  now = 0

  schedule(at: number, run: (at: number) => void): void {
    const heap = this.#heap
    const item = { at: Math.max(at, this.now), order: this.#order++, run }
    let index = heap.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isEarlier(item, heap[parent] as Scheduled)) break
      heap[index] = heap[parent] as Scheduled
      index = parent
    }
    heap[index] = item
  }

  /** Runs until nothing is left, `isOver` says so, or the time is `limitMs`. */
  run(limitMs: number, isOver: () => boolean = () => false): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= limitMs; next = this.#heap[0]) {
      if (isOver()) return
      this.#pop()
      this.now = next.at
      next.run(next.at)
    }
    if (!isOver()) this.now = limitMs
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Scheduled
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isEarlier(heap[child + 1] as Scheduled, heap[child] as Scheduled))
        child++
      if (!isEarlier(heap[child] as Scheduled, last)) break
      heap[index] = heap[child] as Scheduled
      index = child
    }
    heap[index] = last
  }
}

function isEarlier(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
