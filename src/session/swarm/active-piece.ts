import { BLOCK_LENGTH } from '../../base/limits.ts'
import { blockCount, type BlockRequest } from '../block.ts'

/** How far one block of a piece is. */
export type BlockState = 'missing' | 'requested' | 'received'

/** A piece that was begun: which of its blocks are asked for and which are there. Holds no data. */
export class ActivePiece<Key> {
  readonly piece: number
  /** In bytes. */
  readonly length: number
  /** The peers that blocks of it came from: who to blame when the hash does not fit. */
  readonly contributors = new Set<Key>()
  /** By block: how many peers were asked, stale requests left out. */
  readonly #askedCounts: Uint16Array
  readonly #received: Uint8Array
  #receivedCount = 0
  /** Requests without an answer, stale ones included. */
  #awaited = 0
  /** No block below this one is missing. */
  #firstMissing = 0

  /** @throws RangeError when a piece of such a length cannot be */
  constructor(piece: number, length: number) {
    if (!Number.isInteger(length) || length < 1 || length > 0xffff_ffff)
      throw new RangeError(`piece ${piece} of ${length} bytes`)
    this.piece = piece
    this.length = length
    const count = blockCount(length)
    this.#askedCounts = new Uint16Array(count)
    this.#received = new Uint8Array(count)
  }

  get blockCount(): number {
    return this.#received.length
  }

  get isComplete(): boolean {
    return this.#receivedCount === this.#received.length
  }

  /** Nothing is there and nothing can come any more, as if it had never been begun. */
  get isUntouched(): boolean {
    return this.#receivedCount === 0 && this.#awaited === 0
  }

  stateOf(block: number): BlockState {
    if (this.#received[block] === 1) return 'received'
    return this.askedCount(block) > 0 ? 'requested' : 'missing'
  }

  /** How many peers were asked for a block, have not answered and are in time. */
  askedCount(block: number): number {
    return this.#askedCounts[block] ?? 0
  }

  /** The lowest block that is neither there nor asked for. */
  firstMissing(): number | undefined {
    while (this.#firstMissing < this.blockCount && this.stateOf(this.#firstMissing) !== 'missing')
      this.#firstMissing++
    return this.#firstMissing < this.blockCount ? this.#firstMissing : undefined
  }

  requestFor(block: number): BlockRequest {
    const begin = block * BLOCK_LENGTH
    return { piece: this.piece, begin, length: Math.min(BLOCK_LENGTH, this.length - begin) }
  }

  /** Counts a request of this block that was given to a peer. */
  ask(block: number): void {
    this.#askedCounts[block] = this.askedCount(block) + 1
    this.#awaited++
  }

  /** A request is overdue: the block may be asked of others, and still come. */
  expire(block: number): void {
    this.#askedCounts[block] = this.askedCount(block) - 1
    this.#firstMissing = Math.min(this.#firstMissing, block)
  }

  /** A request is answered, or never will be. */
  release(block: number, stale: boolean): void {
    if (!stale) this.expire(block)
    this.#awaited--
  }

  /** Notes that a block is there; false when it was there before. */
  receive(block: number, from: Key): boolean {
    if (this.#received[block] === 1) return false
    this.#received[block] = 1
    this.#receivedCount++
    this.contributors.add(from)
    return true
  }
}
