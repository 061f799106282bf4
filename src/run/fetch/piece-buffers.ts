/** The memory of pieces on their way, used over and over. */
export class PieceBuffers {
  readonly #length: number
  readonly #used = new Map<number, Uint8Array>()
  readonly #free: Uint8Array[] = []

  /** @param length of every buffer, in bytes */
  constructor(length: number) {
    this.#length = length
  }

  /** The buffer of a piece, with whatever was in it before when it is new to the piece. */
  of(piece: number): Uint8Array {
    const used = this.#used.get(piece)
    if (used !== undefined) return used
    const buffer = this.#free.pop() ?? new Uint8Array(this.#length)
    this.#used.set(piece, buffer)
    return buffer
  }

  /** The piece is done: its buffer is free for another. */
  release(piece: number): void {
    const buffer = this.#used.get(piece)
    if (buffer === undefined) return
    this.#used.delete(piece)
    this.#free.push(buffer)
  }
}
