import { BLOCK_LENGTH } from '../../base/limits.ts'
import { blockCount, type BlockRequest } from '../block.ts'

/** The state of one block of a piece. */
export type BlockState = 'missing' | 'requested' | 'received'

/** A piece in progress: which of its blocks are requested and which are received. Holds no data. */
export class ActivePiece<Key> {
  readonly piece: number
  /** In bytes. */
  readonly length: number
  /** The peers that sent blocks of it: the suspects if its hash does not match. */
  readonly contributors = new Set<Key>()
  /** By block: number of peers it is requested from, without requests that timed out. */
  readonly #askedCounts: Uint16Array
  readonly #received: Uint8Array
  #receivedCount = 0
  /** Unanswered requests, including those that timed out. */
  #awaited = 0
  /** No block below this one is missing. */
  #firstMissing = 0

  /** @throws RangeError when a piece cannot have this length */
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

  /** Whether no block is received and none can arrive any more, as if the piece had never been begun. */
  get isUntouched(): boolean {
    return this.#receivedCount === 0 && this.#awaited === 0
  }

  stateOf(block: number): BlockState {
    if (this.#received[block] === 1) return 'received'
    return this.askedCount(block) > 0 ? 'requested' : 'missing'
  }

  /** Number of peers with an outstanding request for a block that has not timed out. */
  askedCount(block: number): number {
    return this.#askedCounts[block] ?? 0
  }

  /** The lowest block that is neither received nor requested. */
  firstMissing(): number | undefined {
    while (this.#firstMissing < this.blockCount && this.stateOf(this.#firstMissing) !== 'missing')
      this.#firstMissing++
    return this.#firstMissing < this.blockCount ? this.#firstMissing : undefined
  }

  requestFor(block: number): BlockRequest {
    const begin = block * BLOCK_LENGTH
    return { piece: this.piece, begin, length: Math.min(BLOCK_LENGTH, this.length - begin) }
  }

  /** Counts a request for this block that was sent to a peer. */
  ask(block: number): void {
    this.#askedCounts[block] = this.askedCount(block) + 1
    this.#awaited++
  }

  /** A request timed out: the block may be requested from other peers, and may still arrive. */
  expire(block: number): void {
    this.#askedCounts[block] = this.askedCount(block) - 1
    this.#firstMissing = Math.min(this.#firstMissing, block)
  }

  /** A request was answered, or never will be. */
  release(block: number, stale: boolean): void {
    if (!stale) this.expire(block)
    this.#awaited--
  }

  /** Records a received block. Returns false when it was received before. */
  receive(block: number, from: Key): boolean {
    if (this.#received[block] === 1) return false
    this.#received[block] = 1
    this.#receivedCount++
    this.contributors.add(from)
    return true
  }
}
