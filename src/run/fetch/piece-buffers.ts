/** A pool of buffers for pieces in transfer. */
export class PieceBuffers {
  readonly #length: number
  readonly #used = new Map<number, Uint8Array>()
  readonly #free: Uint8Array[] = []

  /** @param length of every buffer, in bytes */
  constructor(length: number) {
    this.#length = length
  }

  /** The buffer of a piece. A reused buffer still has its old content. */
  of(piece: number): Uint8Array {
    const used = this.#used.get(piece)
    if (used !== undefined) return used
    const buffer = this.#free.pop() ?? new Uint8Array(this.#length)
    this.#used.set(piece, buffer)
    return buffer
  }

  /** Releases the buffer of a finished piece for reuse. */
  release(piece: number): void {
    const buffer = this.#used.get(piece)
    if (buffer === undefined) return
    this.#used.delete(piece)
    this.#free.push(buffer)
  }
}
