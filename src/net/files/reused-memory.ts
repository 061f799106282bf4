/** Memory for one read. */
export interface BorrowedMemory {
  /** What they contain is undefined. */
  readonly bytes: Uint8Array
  /**
   * Passes the memory on to a later borrower. Call it when nobody uses the bytes any more, or not at all: then the memory is
   * collected like any other. A second call has no effect.
   */
  readonly release: () => void
}

/** Lengths are rounded up to powers of two, at least this one, so that there are few of them. */
const LEAST_LENGTH = 16 * 1024

/** Maximum length of all memory that waits for a borrower, in bytes. */
const MAX_IDLE_BYTES = 4 * 1024 * 1024

/**
 * Memory for reads, used again and again. New arrays for each read would fill with zeros first, and make V8 collect the whole
 * heap for every few dozen MiB of them.
 */
export class ReusedMemory {
  /** By length. */
  readonly #idle = new Map<number, Uint8Array[]>()
  #idleBytes = 0

  borrow(length: number): BorrowedMemory {
    let memory: Uint8Array | undefined = this.#take(Math.max(LEAST_LENGTH, 2 ** Math.ceil(Math.log2(length))))
    const bytes = memory.subarray(0, length)
    const release = () => {
      if (memory !== undefined) this.#keep(memory)
      memory = undefined
    }
    return { bytes, release }
  }

  #take(length: number): Uint8Array {
    const memory = this.#idle.get(length)?.pop()
    if (memory === undefined) return new Uint8Array(length)
    this.#idleBytes -= length
    return memory
  }

  #keep(memory: Uint8Array): void {
    const { length } = memory
    if (this.#idleBytes + length > MAX_IDLE_BYTES) return
    this.#idleBytes += length
    const others = this.#idle.get(length)
    if (others === undefined) this.#idle.set(length, [memory])
    else others.push(memory)
  }
}
