/** Time, passed in, so that tests make up their own. */
export interface Clock {
  /** Milliseconds that never go back, from any start. */
  now(): number
  /** Calls back once at or soon after `at`, unless the returned function is called first; never when that is weeks ahead. */
  schedule(at: number, callback: () => void): () => void
}

/** Node fires a timer that is set further ahead at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The clock and the timers of the process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule: (at, callback) => {
    const wait = Math.max(0, Math.ceil(at - performance.now()))
    if (wait > LONGEST_TIMER_MS) return () => undefined
    const timer = setTimeout(callback, wait)
    return () => clearTimeout(timer)
  },
}
