/** Time, passed in, so that tests make up their own. */
export interface Clock {
  /** Milliseconds that never go back, from any start. */
  now(): number
  /** Calls back once at or soon after `at`, unless the returned function is called first. */
  schedule(at: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule: (at, callback) => {
    const timer = setTimeout(callback, Math.max(0, Math.ceil(at - performance.now())))
    return () => clearTimeout(timer)
  },
}
