/** Time as an argument, so that tests can supply their own. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start. */
  now(): number
  /** Calls back once at or soon after `at`, unless the returned function is called first. Does not call back if `at` is weeks ahead. */
  schedule(at: number, callback: () => void): () => void
  /** Milliseconds that `now` has excluded so far, because this process was suspended; default 0. */
  readonly absentMs?: number
}

/** The time sources of a `ProcessClock`. */
export interface TimeSource {
  /** Monotonic milliseconds that also count while this process is suspended. */
  now(): number
  /** Calls back once after `ms`. */
  after(ms: number, callback: () => void): () => void
  /** Calls back repeatedly, without keeping the process running. */
  every(ms: number, callback: () => void): () => void
}

/** Node fires a longer timer immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How often the clock checks whether the process is running, while a callback is scheduled. */
const BEAT_MS = 250

/** A longer time between two checks means that the process was suspended; a shorter one only that the machine is busy. */
const ABSENT_MS = 2000

/**
 * The clock of a process that may be suspended: by SIGSTOP, with the lid of a laptop, or with its virtual machine. The silence
 * in that time is our own and must not count against a peer, so `now` excludes it. Deadlines move by the same time, and data
 * that arrived in the meantime is read before they fire.
 */
export class ProcessClock implements Clock {
  readonly #source: TimeSource
  #seenAt = 0
  #absentMs = 0
  #waiting = 0
  #stopBeat: (() => void) | undefined

  constructor(source: TimeSource) {
    this.#source = source
  }

  get absentMs(): number {
    return this.#absentMs
  }

  now(): number {
    const real = this.#source.now()
    if (this.#stopBeat !== undefined && real - this.#seenAt > ABSENT_MS) this.#absentMs += real - this.#seenAt
    this.#seenAt = real
    return real - this.#absentMs
  }

  schedule(at: number, callback: () => void): () => void {
    const now = this.now()
    if (at - now > LONGEST_TIMER_MS) return () => undefined
    this.#stopBeat ??= this.#source.every(BEAT_MS, () => this.#beat())
    this.#waiting++
    let isWaiting = true
    const settle = () => {
      if (isWaiting) this.#waiting--
      isWaiting = false
    }
    const arm = (waitMs: number) => this.#source.after(Math.max(0, Math.ceil(waitMs)), fire)
    const fire = () => {
      const left = at - this.now()
      if (left > 0) {
        cancel = arm(left)
        return
      }
      settle()
      callback()
    }
    let cancel = arm(at - now)
    return () => {
      settle()
      cancel()
    }
  }

  #beat(): void {
    this.now()
    if (this.#waiting > 0) return
    this.#stopBeat?.()
    this.#stopBeat = undefined
  }
}

const [STARTED_S, STARTED_NS] = process.hrtime()

/** Monotonic milliseconds since this file was loaded. `performance` would load a dozen modules of Node on its first use. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return (seconds - STARTED_S) * 1e3 + (nanoseconds - STARTED_NS) / 1e6
}

/** The system clock and timers. */
export const systemClock: Clock = new ProcessClock({
  now: monotonicMs,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, callback) => {
    const timer = setInterval(callback, ms).unref()
    return () => clearInterval(timer)
  },
})
