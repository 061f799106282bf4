/** Bytes waiting to be split into packets. Chunks are not copied; each byte is copied once, into its packet. */
export class UtpWriteQueue {
  #chunks: Uint8Array[] = []
  /** Chunks before this one are consumed; they are dropped together, so that taking stays linear. */
  #head = 0
  #offset = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  /** Moves the first `length` bytes, which must be queued, to `target` at `start`. */
  take(target: Uint8Array, start: number, length: number): void {
    let at = start
    const end = start + length
    while (at < end) {
      const chunk = this.#chunks[this.#head] as Uint8Array
      const count = Math.min(end - at, chunk.length - this.#offset)
      target.set(chunk.subarray(this.#offset, this.#offset + count), at)
      at += count
      this.#offset += count
      if (this.#offset === chunk.length) this.#dropChunk()
    }
    this.#length -= length
  }

  clear(): void {
    this.#chunks = []
    this.#head = 0
    this.#offset = 0
    this.#length = 0
  }

  #dropChunk(): void {
    this.#offset = 0
    this.#head++
    if (this.#head < 64 && this.#head < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#head)
    this.#head = 0
  }
}
