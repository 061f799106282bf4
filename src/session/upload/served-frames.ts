import { MAX_SERVED_FRAME_LENGTH, MAX_SERVED_FRAME_MEMORY } from '../../base/limits.ts'
import { bitfieldLength } from '../../wire/bitfield-length.ts'
import { MessageId } from '../../wire/message/id.ts'
import type { FrameLimit } from '../../wire/message/length-prefix.ts'

/** The longest messages that a seeder accepts: it needs no blocks, and a bitfield has one bit per piece. */
export function servedFrameLimit(pieceCount: number): FrameLimit {
  const bitfield = Math.max(MAX_SERVED_FRAME_LENGTH, 1 + bitfieldLength(pieceCount))
  return (id) => (id === MessageId.bitfield ? bitfield : MAX_SERVED_FRAME_LENGTH)
}

/** Memory of a short incomplete message, in bytes; up to this it is not counted. */
const NEGLIGIBLE = 4096

/** The total memory of the incomplete messages of all peers. */
export class FrameMemory<Peer> {
  readonly #limit: number
  /** In insertion order: the message that has been incomplete for longest is first. */
  readonly #taken = new Map<Peer, number>()
  #total = 0

  constructor(limit = MAX_SERVED_FRAME_MEMORY) {
    this.#limit = limit
  }

  get total(): number {
    return this.#total
  }

  /**
   * Sets the memory that a peer uses now; 0 when it has left.
   * @returns the peer to drop when the total is too high: the one whose message has been incomplete for longest
   */
  take(peer: Peer, bytes: number): Peer | undefined {
    const counted = bytes > NEGLIGIBLE ? bytes : 0
    this.#total += counted - (this.#taken.get(peer) ?? 0)
    if (counted === 0) this.#taken.delete(peer)
    else this.#taken.set(peer, counted)
    if (this.#total <= this.#limit) return undefined
    const [oldest] = this.#taken.keys()
    return oldest
  }
}
