import { MAX_SERVED_FRAME_LENGTH, MAX_SERVED_FRAME_MEMORY } from '../../base/limits.ts'
import { bitfieldLength } from '../../wire/bitfield.ts'
import { MessageId } from '../../wire/message/id.ts'
import type { FrameLimit } from '../../wire/message/length-prefix.ts'

/** The longest messages that a seeder takes: nobody has to send it blocks, and a bitfield has one bit per piece. */
export function servedFrameLimit(pieceCount: number): FrameLimit {
  const bitfield = Math.max(MAX_SERVED_FRAME_LENGTH, 1 + bitfieldLength(pieceCount))
  return (id) => (id === MessageId.bitfield ? bitfield : MAX_SERVED_FRAME_LENGTH)
}

/** A short message that was cut takes no more, and says nothing about its sender. */
const NEGLIGIBLE = 4096

/** The memory that the incomplete messages of all peers take together. */
export class FrameMemory<Peer> {
  readonly #limit: number
  /** The message that has been incomplete for longest is first. */
  readonly #taken = new Map<Peer, number>()
  #total = 0

  constructor(limit = MAX_SERVED_FRAME_MEMORY) {
    this.#limit = limit
  }

  get total(): number {
    return this.#total
  }

  /**
   * Notes what a peer takes now; 0 when it has gone.
   * @returns the peer to drop, when all take too much: the one whose message has been incomplete for longest
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
