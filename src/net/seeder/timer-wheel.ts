import type { Clock } from '../clock.ts'

/** How late a callback may be, in milliseconds; the deadlines of peers are seconds. */
const TICK_MS = 250

/**
 * A clock whose callbacks share one timer of `clock`, because one timer per connection would cost more than the connections
 * themselves. Callbacks are up to 250 ms late, never early.
 */
export function timerWheel(clock: Clock, tickMs = TICK_MS): Clock {
  const ticks = new Map<number, Set<() => void>>()
  let armed: { readonly tick: number; readonly cancel: () => void } | undefined

  function arm(tick: number): void {
    if (armed !== undefined && armed.tick <= tick) return
    armed?.cancel()
    armed = { tick, cancel: clock.schedule(tick * tickMs, () => turn(tick)) }
  }

  function turn(due: number): void {
    armed = undefined
    for (const tick of [...ticks.keys()].filter((tick) => tick <= due)) {
      const callbacks = ticks.get(tick) ?? []
      ticks.delete(tick)
      for (const callback of callbacks) callback()
    }
    if (ticks.size > 0) arm(Math.min(...ticks.keys()))
  }

  return {
    now: () => clock.now(),
    get absentMs() {
      return clock.absentMs ?? 0
    },
    schedule: (at, callback) => {
      const tick = Math.ceil(at / tickMs)
      const callbacks = ticks.get(tick) ?? new Set()
      // a new function, so that the same callback can be scheduled twice
      const entry = () => callback()
      callbacks.add(entry)
      ticks.set(tick, callbacks)
      arm(tick)
      return () => {
        callbacks.delete(entry)
        if (callbacks.size > 0 || ticks.get(tick) !== callbacks) return
        ticks.delete(tick)
        if (ticks.size > 0 || armed === undefined) return
        // nothing is scheduled, so an idle process can exit
        armed.cancel()
        armed = undefined
      }
    },
  }
}
