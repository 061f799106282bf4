import { vi } from 'vitest'
import { systemClock } from '../../src/net/clock.ts'

/** Which timers of the system's clock wait. */
export interface TimerWatch {
  readonly waiting: number
  /** How many were set. */
  readonly set: number
  readonly stop: () => void
}

/** Counts the timers that are set on the system's clock from now on, and neither cancelled nor over. */
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
