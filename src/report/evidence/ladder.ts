import type { TraceEvent } from '../../trace/event.ts'

/** A row of the ladder: an event, or a run of messages of one type in one direction. */
export interface Rung {
  readonly event: TraceEvent
  /** How many messages the row is for. */
  count: number
  /** When the last of them came. */
  until: number
  /** Bytes of them all. */
  bytes: number
}

/** The start of a session says most; the end says why it ended. */
const MAX_FIRST = 300
const MAX_LAST = 100

/** Folds a trace into the rows of a ladder: the first 300 and the last 100, runs of requests and blocks as one row. */
export class Ladder {
  readonly #first: Rung[] = []
  readonly #last: Rung[] = []
  #leftOut = 0

  step(event: TraceEvent): void {
    const rung = this.#last.at(-1) ?? this.#first.at(-1)
    if (rung !== undefined && isSameRun(rung.event, event)) {
      rung.count++
      rung.until = event.at
      rung.bytes += lengthOf(event)
      return
    }
    const next = { event, count: 1, until: event.at, bytes: lengthOf(event) }
    if (this.#first.length < MAX_FIRST) {
      this.#first.push(next)
      return
    }
    this.#last.push(next)
    if (this.#last.length <= MAX_LAST) return
    this.#last.shift()
    this.#leftOut++
  }

  get first(): readonly Rung[] {
    return this.#first
  }

  get last(): readonly Rung[] {
    return this.#last
  }

  /** Rows between the first and the last. */
  get leftOut(): number {
    return this.#leftOut
  }
}

const IN_RUNS = new Set(['request', 'piece', 'have', 'reject', 'cancel', 'keep-alive', 'allowed-fast'])

function isSameRun(a: TraceEvent, b: TraceEvent): boolean {
  if (!('message' in a) || !('message' in b)) return false
  return a.type === b.type && a.message.type === b.message.type && IN_RUNS.has(a.message.type)
}

function lengthOf(event: TraceEvent): number {
  return 'length' in event ? event.length : 0
}
