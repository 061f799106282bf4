import { PacketMemory } from '../../wire/network/packet-memory.ts'

/** Bytes that are allocated at once. */
const SLAB_LENGTH = 262_144

/** Takes bytes of a capture, which do not change afterwards, and the number of packets that they contain. */
export type WriteBlocks = (bytes: Uint8Array, packets: number) => void

/** Collects blocks of a capture, and passes them on in pieces: memory of its own for each would cost more than its content. */
export class PacketSlab {
  readonly #write: WriteBlocks
  #memory = new PacketMemory(0)
  /** Where the piece begins that was not passed on, and its end. */
  #start = 0
  #end = 0
  #packets = 0

  constructor(write: WriteBlocks) {
    this.#write = write
  }

  /** The memory of the block that was begun last. */
  get memory(): PacketMemory {
    return this.#memory
  }

  /** @returns where in `memory` to write a block of that length, at once */
  begin(length: number): number {
    if (this.#end + length > this.#memory.bytes.length) {
      this.flush()
      this.#memory = new PacketMemory(Math.max(SLAB_LENGTH, length))
      this.#start = this.#end = 0
    }
    const at = this.#end
    this.#end += length
    this.#packets++
    return at
  }

  /** Passes on what was written. */
  flush(): void {
    if (this.#packets === 0) return
    const piece = this.#memory.bytes.subarray(this.#start, this.#end)
    const packets = this.#packets
    this.#start = this.#end
    this.#packets = 0
    this.#write(piece, packets)
  }
}
