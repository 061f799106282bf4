import { MAX_DISSECTED_MEMORY } from '../../base/limits.ts'

/** What holds memory that others may need more. */
export interface MemoryHolder {
  /** Releases all of it. */
  giveUp(): void
}

/** Less than this is not worth a place in the list, in bytes: it belongs to the connection. */
const LEAST = 1024

/** Memory that all streams of a capture share for incomplete messages. The stream that waits longest gives way. */
export class DissectorMemory {
  readonly #limit: number
  readonly #held = new Map<MemoryHolder, number>()
  #total = 0

  /** @param limit in bytes */
  constructor(limit = MAX_DISSECTED_MEMORY) {
    this.#limit = limit
  }

  /** @param length what the holder holds now, in bytes */
  hold(holder: MemoryHolder, length: number): void {
    const before = this.#held.get(holder) ?? 0
    if (before === length || (before === 0 && length < LEAST)) return
    this.#release(holder, before)
    if (length < LEAST) return
    this.#held.set(holder, length)
    this.#total += length
    for (const [oldest, bytes] of this.#held) {
      if (this.#total <= this.#limit) return
      this.#release(oldest, bytes)
      oldest.giveUp()
    }
  }

  #release(holder: MemoryHolder, length: number): void {
    this.#held.delete(holder)
    this.#total -= length
  }
}
