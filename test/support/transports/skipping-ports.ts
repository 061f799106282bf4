import type { Clock } from '../../../src/net/clock.ts'
import type { Dial } from '../../../src/net/transport.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { wrapSink } from './wrapped-transport.ts'

/** Longer waits are time limits, not pauses, in milliseconds. */
const LONGEST_PAUSE_MS = 2000

/** Ports whose clock passes over pauses: while no connection is being made or open, nothing but the clock can end a wait. */
export function skippingPorts(ports: Ports): Ports {
  const clock = new SkippingClock(ports.clock)
  const dial: Dial = async (to, how) => {
    clock.hold()
    try {
      const transport = await ports.dial(to, how)
      return wrapSink(transport, (sink) => ({
        bytes: (chunk) => sink.bytes(chunk),
        drained: () => sink.drained(),
        closed: (end) => {
          sink.closed(end)
          clock.release()
        },
      }))
    } catch (error) {
      clock.release()
      throw error
    }
  }
  return { ...ports, clock, dial }
}

/** A clock that is ahead of another one by the pauses that were passed over. */
class SkippingClock implements Clock {
  readonly #real: Clock
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>()
  #skippedMs = 0
  #held = 0

  constructor(real: Clock) {
    this.#real = real
  }

  now(): number {
    return this.#real.now() + this.#skippedMs
  }

  schedule(at: number, callback: () => void): () => void {
    const cancel = (): void => {
      this.#due.delete(entry)
      cancelReal()
    }
    const run = (): void => {
      cancel()
      callback()
    }
    const entry = { at, run }
    this.#due.add(entry)
    const cancelReal = this.#real.schedule(at - this.#skippedMs, run)
    this.#skipSoon()
    return cancel
  }

  /** No pause is passed over until `release`. */
  hold(): void {
    this.#held++
  }

  release(): void {
    this.#held--
    this.#skipSoon()
  }

  /** What the end of a connection leads to comes first. */
  #skipSoon(): void {
    setImmediate(() => {
      const [next] = [...this.#due].sort((a, b) => a.at - b.at)
      if (this.#held > 0 || next === undefined) return
      const leftMs = next.at - this.now()
      if (leftMs > LONGEST_PAUSE_MS) return
      this.#skippedMs += Math.max(0, leftMs)
      next.run()
    })
  }
}
