/** Time, passed in, so that tests make up their own. */
export interface Clock {
  /** Milliseconds that never go back, from any start. */
  now(): number
  /** Calls back once at or soon after `at`, unless the returned function is called first; never when that is weeks ahead. */
  schedule(at: number, callback: () => void): () => void
  /** Milliseconds that `now` has left out so far, because this process did not run; default 0. */
  readonly absentMs?: number
}

/** What a `ProcessClock` is made of. */
export interface TimeSource {
  /** Milliseconds that never go back, also while this process does not run. */
  now(): number
  /** Calls back once after `ms`. */
  after(ms: number, callback: () => void): () => void
  /** Calls back again and again, without keeping the process running for it. */
  every(ms: number, callback: () => void): () => void
}

/** Node fires a timer that is set further ahead at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How often the clock looks whether the process runs, while somebody waits for a time. */
const BEAT_MS = 250

/** A longer time between two looks is one in which the process did not run; less is a busy machine. */
const ABSENT_MS = 2000

/**
 * The clock of a process that may be stopped for a while: by SIGSTOP, with the lid of a laptop, or with its virtual machine. Such
 * a time is our own silence, and no peer is to be judged by it, so `now` leaves it out. A deadline that it would have skipped
 * comes as much later, and what came meanwhile is read before.
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

/** The clock and the timers of the process. */
export const systemClock: Clock = new ProcessClock({
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, callback) => {
    const timer = setInterval(callback, ms).unref()
    return () => clearInterval(timer)
  },
})
