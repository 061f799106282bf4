/** Most frames in one slab. */
const MAX_FRAMES = 16

/**
 * Memory for frames of similar length, cut from arrays that consecutive frames share. A frame is then cheaper than one with
 * an array of its own, and a program that keeps it also keeps the other frames of its array: at most 15 more. An array has
 * room for one frame at first, and for twice as many as the one before while frames follow each other.
 */
export class Slab {
  #array = new Uint8Array(0)
  #used = 0
  #frames = 1

  /** Memory that is reserved for the next frames, in bytes. */
  get reserved(): number {
    return this.#array.length - this.#used
  }

  /** Returns zeroed memory that nothing else uses. */
  cut(length: number): Uint8Array {
    if (this.reserved < length) {
      this.#array = new Uint8Array(this.#frames * length)
      this.#used = 0
      this.#frames = Math.min(MAX_FRAMES, 2 * this.#frames)
    }
    const start = this.#used
    this.#used += length
    return this.#array.subarray(start, this.#used)
  }

  /** Frees what is reserved, and begins with one frame again. */
  rest(): void {
    if (this.#frames === 1) return
    this.#array = new Uint8Array(0)
    this.#used = 0
    this.#frames = 1
  }
}
