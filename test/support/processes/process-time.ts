import { ProcessClock } from '../../../src/net/clock.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'

/** The clock of a process in virtual time, which a test can suspend and resume. */
export class ProcessTime {
  readonly #real = new VirtualClock()
  readonly clock = new ProcessClock({
    now: () => this.#real.now(),
    after: (ms, callback) => this.#real.schedule(this.#real.now() + ms, callback),
    every: (ms, callback) => {
      let cancel: () => void
      const again = () => {
        cancel = this.#real.schedule(this.#real.now() + ms, () => {
          again()
          callback()
        })
      }
      again()
      return () => cancel()
    },
  })

  /** Runs the process for this time. */
  run(ms: number): void {
    this.#real.advance(ms)
  }

  /** Suspends the process for this time. When it resumes, timers fire before anything is read, as in Node. */
  stop(ms: number): void {
    this.#real.jump(ms)
  }
}
