import { BLOCK_LENGTH } from '../../base/limits.ts'
import { blockCount, type BlockRequest } from '../block.ts'

/** `timed-out`: requested but not outstanding any more, because of a choke, a reject or a timeout. It may still arrive. */
export type FetchState = 'missing' | 'asked' | 'timed-out' | 'received'

const STATES: readonly FetchState[] = ['missing', 'asked', 'timed-out', 'received']
const MISSING = 0
const ASKED = 1
const GIVEN_UP = 2
const RECEIVED = 3

/** The block states of a piece, or a range of one, that is fetched from one peer. Holds no data. */
export class FetchingPiece {
  readonly piece: number
  /** The first byte to fetch. */
  readonly begin: number
  /** Number of bytes to fetch, at least 1. */
  readonly length: number
  readonly #states: Uint8Array
  readonly #askedAt: Float64Array
  readonly #rejects: Uint8Array
  #asked = 0
  #received = 0
  /** No block below this one can be requested. */
  #first = 0

  constructor({ piece, begin, length }: BlockRequest) {
    this.piece = piece
    this.begin = begin
    this.length = length
    const count = blockCount(length)
    this.#states = new Uint8Array(count)
    this.#askedAt = new Float64Array(count)
    this.#rejects = new Uint8Array(count)
  }

  get isComplete(): boolean {
    return this.#received === this.#states.length
  }

  /** Number of outstanding blocks. */
  get asked(): number {
    return this.#asked
  }

  /** The index of the block with exactly these bytes; undefined when this range has no such block. */
  blockAt({ piece, begin, length }: BlockRequest): number | undefined {
    const at = begin - this.begin
    if (piece !== this.piece || at < 0 || at % BLOCK_LENGTH !== 0 || at >= this.length) return undefined
    return length === Math.min(BLOCK_LENGTH, this.length - at) ? at / BLOCK_LENGTH : undefined
  }

  stateOf(block: number): FetchState {
    return STATES[this.#states[block] ?? MISSING] as FetchState
  }

  askedAt(block: number): number {
    return this.#askedAt[block] as number
  }

  /** Marks the lowest block that is neither received nor outstanding as requested; undefined when there is none. */
  askNext(at: number): BlockRequest | undefined {
    const states = this.#states
    let block = this.#first
    while (block < states.length && (states[block] === ASKED || states[block] === RECEIVED)) block++
    this.#first = block
    if (block === states.length) return undefined
    states[block] = ASKED
    this.#askedAt[block] = at
    this.#asked++
    return this.requestOf(block)
  }

  requestOf(block: number): BlockRequest {
    const at = block * BLOCK_LENGTH
    return { piece: this.piece, begin: this.begin + at, length: Math.min(BLOCK_LENGTH, this.length - at) }
  }

  receive(block: number): void {
    if (this.#states[block] === ASKED) this.#asked--
    this.#states[block] = RECEIVED
    this.#received++
  }

  giveUp(block: number): void {
    if (this.#states[block] !== ASKED) return
    this.#asked--
    this.#states[block] = GIVEN_UP
    this.#first = Math.min(this.#first, block)
  }

  /** Counts a reject of a block and returns the number so far. */
  countReject(block: number): number {
    const count = (this.#rejects[block] as number) + 1
    this.#rejects[block] = Math.min(count, 255)
    return count
  }

  /** Gives up the outstanding requests that were sent before `before`, and returns them. */
  giveUpBefore(before: number): BlockRequest[] {
    const requests: BlockRequest[] = []
    for (let block = 0; block < this.#states.length && this.#asked > 0; block++) {
      if (this.#states[block] !== ASKED || this.askedAt(block) >= before) continue
      this.giveUp(block)
      requests.push(this.requestOf(block))
    }
    return requests
  }
}
