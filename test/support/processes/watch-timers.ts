import { vi } from 'vitest'
import { systemClock } from '../../../src/net/clock.ts'

/** Counts of timers on the system clock. */
export interface TimerWatch {
  readonly waiting: number
  /** The number of timers that were set. */
  readonly set: number
  readonly stop: () => void
}

/** Counts timers that are set on the system clock from now on, and those that are still pending. */
export function watchTimers(): TimerWatch {
  const timers = new Set<unknown>()
  let set = 0
  const schedule = systemClock.schedule.bind(systemClock)
  const spy = vi.spyOn(systemClock, 'schedule').mockImplementation((at, callback) => {
    const timer = {}
    set++
    timers.add(timer)
    const cancel = schedule(at, () => {
      timers.delete(timer)
      callback()
    })
    return () => {
      timers.delete(timer)
      cancel()
    }
  })
  return {
    get waiting() {
      return timers.size
    },
    get set() {
      return set
    },
    stop: () => spy.mockRestore(),
  }
}
