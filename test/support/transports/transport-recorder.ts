import { concat } from '../../../src/base/bytes.ts'
import type { Transport, TransportEnd } from '../../../src/net/transport.ts'

/** Records what a transport delivers, and checks that it follows the rules of delivery. */
export class TransportRecorder {
  readonly chunks: Uint8Array[] = []
  readonly closed: Promise<TransportEnd>
  /** Violations of the rules: overlapping calls, calls within `start`, calls after `closed`. */
  readonly faults: string[] = []
  /** Called with every chunk, inside the call. */
  onBytes: (() => void) | undefined
  length = 0
  drains = 0
  ends = 0
  #inside: string | undefined = 'start'
  readonly #waiting = new Set<() => void>()

  /** @param skip number of bytes at the beginning that belong to the setup of the transport */
  constructor(transport: Transport, skip = 0) {
    let toSkip = skip
    this.closed = new Promise((resolve) => {
      transport.start({
        bytes: (chunk) =>
          this.#enter('bytes', () => {
            if (chunk.constructor !== Uint8Array) this.faults.push('bytes come as a Buffer')
            const rest = new Uint8Array(chunk.subarray(toSkip))
            toSkip -= chunk.length - rest.length
            if (rest.length > 0) this.#add(rest)
            // the receiver of a chunk may overwrite it
            chunk.fill(0xee)
          }),
        drained: () => this.#enter('drained', () => this.drains++),
        closed: (end) =>
          this.#enter('closed', () => {
            this.ends++
            resolve(end)
          }),
      })
    })
    this.#inside = undefined
  }

  get bytes(): Uint8Array {
    return concat(this.chunks)
  }

  /** Waits until at least `length` bytes have arrived. */
  until(length: number): Promise<void> {
    return this.#until(() => this.length >= length)
  }

  /** Waits until `drained` was called this number of times. */
  untilDrained(times = 1): Promise<void> {
    return this.#until(() => this.drains >= times)
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((done) => {
      const check = () => {
        if (!condition()) return
        this.#waiting.delete(check)
        done()
      }
      this.#waiting.add(check)
      check()
    })
  }

  #add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    this.onBytes?.()
  }

  #enter(name: string, run: () => void): void {
    if (this.#inside !== undefined) this.faults.push(`${name} inside ${this.#inside}`)
    if (this.ends > 0) this.faults.push(`${name} after closed`)
    this.#inside = name
    run()
    this.#inside = undefined
    for (const check of this.#waiting) check()
  }
}
