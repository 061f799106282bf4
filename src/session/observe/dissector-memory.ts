import { MAX_DISSECTED_MEMORY } from '../../base/limits.ts'

/** What holds memory that others may need more. */
export interface MemoryHolder {
  /** Releases all of it. */
  giveUp(): void
}

/** Less than this is not worth a place in the list, in bytes: it belongs to the connection. */
const LEAST = 4096

/** Memory that was given up and waits to be used again, in bytes: V8 would free it only tens of MiB later. */
const MAX_SPARE = 4 * 1024 * 1024

/** Memory that all streams of a capture share for incomplete messages. The stream that waits longest gives way. */
export class DissectorMemory {
  readonly #limit: number
  readonly #held = new Map<MemoryHolder, number>()
  #total = 0
  readonly #spare: Uint8Array[] = []
  #spareLength = 0

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

  /** Bytes for an incomplete message: of arrays that were given up, or new. @param length in bytes */
  readonly allocate = (length: number): Uint8Array => {
    // a much longer one would be counted as if it were needed
    const index = this.#spare.findLastIndex((bytes) => bytes.length >= length && bytes.length <= 2 * length)
    const [found] = index === -1 ? [] : this.#spare.splice(index, 1)
    this.#spareLength -= found?.length ?? 0
    return found ?? new Uint8Array(length)
  }

  /** Takes memory back whose bytes nobody needs. */
  recycle(bytes: Uint8Array): void {
    if (bytes.length < LEAST) return
    this.#spare.push(bytes)
    this.#spareLength += bytes.length
    while (this.#spareLength > MAX_SPARE) this.#spareLength -= this.#spare.shift()?.length ?? 0
  }

  #release(holder: MemoryHolder, length: number): void {
    this.#held.delete(holder)
    this.#total -= length
  }
}
