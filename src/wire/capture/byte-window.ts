const NOTHING = new Uint8Array()

/**
 * The bytes of a file that were pushed and not yet taken. A chunk is borrowed until `keep`; what is left of it is copied, into
 * memory that is reused, so that the size of the chunks does not matter and the collector has nothing to do.
 */
export class ByteWindow {
  /** Memory of its own. */
  #own: Uint8Array = NOTHING
  /** `#own`, or a borrowed chunk. */
  #bytes: Uint8Array = NOTHING
  #start = 0
  #end = 0
  #offset = 0
  readonly #allocate: (length: number) => Uint8Array

  /** @param allocate makes memory of at least that length, in bytes; by default new */
  constructor(allocate = (length: number): Uint8Array => new Uint8Array(length)) {
    this.#allocate = allocate
  }

  /** Position in the file of the first byte that was not taken. */
  get offset(): number {
    return this.#offset
  }

  get length(): number {
    return this.#end - this.#start
  }

  /** Memory that it keeps between chunks, in bytes. */
  get memory(): number {
    return this.#own.length
  }

  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
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
    if (this.#bytes !== this.#own) this.#moveTo(this.length > this.#own.length ? this.length : 0)
  }

  /** Takes its memory away. Do not use it afterwards. */
  takeMemory(): Uint8Array {
    const own = this.#own
    this.#own = this.#bytes = NOTHING
    this.#start = this.#end = 0
    return own
  }

  #makeRoom(more: number): void {
    if (this.#bytes === this.#own && this.#end + more <= this.#own.length) return
    const room = this.length + more
    // moving what is there must not happen for every few bytes
    this.#moveTo(2 * room <= this.#own.length ? 0 : 2 * room)
  }

  /** Moves what is left to the begin of its own memory. @param capacity of new memory; 0 for that which there is */
  #moveTo(capacity: number): void {
    const rest = this.#bytes.subarray(this.#start, this.#end)
    if (capacity > 0) this.#own = this.#allocate(capacity)
    this.#own.set(rest)
    this.#bytes = this.#own
    this.#start = 0
    this.#end = rest.length
  }
}
