/** Length of a joined chunk at most: a batch of packets of 1500 bytes. */
const JOINED_BYTES = 256 * 1024

/**
 * Joins the payloads of small packets, in memory that it reuses. The work for a chunk, of which most is independent of its
 * length, is then done once for all packets that arrived together, and costs more than the copy.
 */
export class ChunkJoiner {
  #memory = new Uint8Array()

  /**
   * Joins chunks from `start` on: at least one, and as many as fit.
   * @returns the bytes, valid until the next call, and the index of the first chunk after them
   */
  join(chunks: readonly Uint8Array[], start: number): { readonly bytes: Uint8Array; readonly end: number } {
    const first = chunks[start] as Uint8Array
    let end = start + 1
    let length = first.length
    for (; end < chunks.length; end++) {
      const { length: more } = chunks[end] as Uint8Array
      if (length + more > JOINED_BYTES) break
      length += more
    }
    if (end === start + 1) return { bytes: first, end }
    if (length > this.#memory.length) this.#memory = new Uint8Array(powerOfTwoFrom(length))
    let at = 0
    for (let index = start; index < end; index++) {
      const chunk = chunks[index] as Uint8Array
      this.#memory.set(chunk, at)
      at += chunk.length
    }
    return { bytes: this.#memory.subarray(0, length), end }
  }
}

function powerOfTwoFrom(length: number): number {
  return 2 ** Math.ceil(Math.log2(length))
}
