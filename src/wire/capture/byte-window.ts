import { copyBytes } from '../../base/bytes.ts'

/**
 * The bytes of a file that were pushed and not yet taken. A chunk is borrowed until `keep`; only what is left of it is copied,
 * into a buffer that doubles and is reused, so that the size of the chunks does not matter.
 */
export class ByteWindow {
  #bytes: Uint8Array = new Uint8Array()
  #start = 0
  #end = 0
  #offset = 0
  #isBorrowed = false

  /** Position in the file of the first byte that was not taken. */
  get offset(): number {
    return this.#offset
  }

  get length(): number {
    return this.#end - this.#start
  }

  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#isBorrowed = true
      return
    }
    this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The next bytes, which stay; undefined when there are fewer. Borrowed until the next `push` or `keep`. */
  peek(length: number): Uint8Array | undefined {
    return length > this.length ? undefined : this.#bytes.subarray(this.#start, this.#start + length)
  }

  /** Drops bytes that were peeked at. */
  drop(length: number): void {
    this.#start += length
    this.#offset += length
  }

  /** Copies what is left of a borrowed chunk, so that its memory can be reused. */
  keep(): void {
    if (!this.#isBorrowed) return
    this.#bytes = copyBytes(this.#bytes.subarray(this.#start, this.#end))
    this.#end -= this.#start
    this.#start = 0
    this.#isBorrowed = false
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const { length } = this
    const room = length + more
    // moving what is there must not happen for every few bytes
    const bytes = 2 * room <= this.#bytes.length ? this.#bytes : new Uint8Array(Math.max(room, 2 * length))
    bytes.set(this.#bytes.subarray(this.#start, this.#end))
    this.#bytes = bytes
    this.#start = 0
    this.#end = length
  }
}
