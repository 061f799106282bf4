import { ProcessClock } from '../../src/net/clock.ts'
import { VirtualClock } from './virtual-clock.ts'

/** The clock of a process in made-up time, which a test stops and lets go on. */
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

  /** The process runs for so long. */
  run(ms: number): void {
    this.#real.advance(ms)
  }

  /** The process is stopped for so long; when it goes on, its timers come before anything is read, as in Node. */
  stop(ms: number): void {
    this.#real.jump(ms)
  }
}
