import { BLOCK_LENGTH, SERVE_QUEUE_LENGTH } from '../../base/limits.ts'
import type { BlockRange } from '../../wire/message/message.ts'

/** Why a request is not served. With the fast extension each refusal is told by a *reject*, without it by silence. */
export type Refusal =
  | 'choked'
  | 'allowed-fast-used-up'
  | 'no-such-piece'
  | 'piece-not-here'
  | 'empty-range'
  | 'range-too-long'
  | 'range-outside-piece'
  | 'queue-full'

/** What there is to serve. */
export interface ServedPieces {
  readonly pieceCount: number
  /** In bytes, of a piece that exists. */
  readonly lengthOf: (piece: number) => number
  readonly has: (piece: number) => boolean
}

/** How the peer stands with us when a request comes. */
export interface RequestStanding {
  readonly choking: boolean
  /** Whether we let the peer request this piece in spite of a choke. */
  readonly allowedFast: (piece: number) => boolean
}

/** How often the blocks of an allowed-fast piece are served to a choked peer: it may lose some, but not live on them. */
const ALLOWED_FAST_TURNS = 3

/**
 * The requests of one peer that wait for their blocks, oldest first. Every request that comes gets exactly one
 * answer, as BEP 6 wants: it is refused at once, or it leaves by `take`, `cancel` or `choke`, once. A request that
 * comes twice is two requests.
 * @see https://www.bittorrent.org/beps/bep_0006.html "reject request"
 */
export class ServeQueue {
  readonly #pieces: ServedPieces
  readonly #limit: number
  /** Answered ones stay before `#first` until they are half of the list. */
  #requests: BlockRange[] = []
  #first = 0
  /** Requests of allowed-fast pieces taken while choking, by piece; no more pieces than we allow. */
  readonly #fastTurns = new Map<number, number>()

  /** @param limit how many may wait, the `reqq` of our extension handshake */
  constructor(pieces: ServedPieces, limit = SERVE_QUEUE_LENGTH) {
    this.#pieces = pieces
    this.#limit = limit
  }

  /** How many requests wait. */
  get length(): number {
    return this.#requests.length - this.#first
  }

  /** Queues a request, or says why not. */
  add(request: BlockRange, standing: RequestStanding): Refusal | undefined {
    const refusal = this.#refusal(request, standing)
    if (refusal === undefined)
      this.#requests.push({ piece: request.piece, begin: request.begin, length: request.length })
    return refusal
  }

  /** Forgets one such request; false when none waits: its block is on its way, or there never was one. */
  cancel({ piece, begin, length }: BlockRange): boolean {
    for (let i = this.#first; i < this.#requests.length; i++) {
      const waiting = this.#requests[i] as BlockRange
      if (waiting.piece !== piece || waiting.begin !== begin || waiting.length !== length) continue
      this.#requests.splice(i, 1)
      return true
    }
    return false
  }

  /**
   * Forgets what a choke makes void, and returns it: with the fast extension it is to be rejected.
   * @param keep pieces that are served in spite of it
   */
  choke(keep: (piece: number) => boolean): readonly BlockRange[] {
    const waiting = this.#requests.slice(this.#first)
    this.#requests = waiting.filter(({ piece }) => keep(piece))
    this.#first = 0
    return waiting.filter(({ piece }) => !keep(piece))
  }

  /** The next requests to answer: some `maxBytes` of blocks, at least one request when any waits. */
  take(maxBytes: number): readonly BlockRange[] {
    let end = this.#first
    for (let bytes = 0; end < this.#requests.length && bytes < maxBytes; end++)
      bytes += (this.#requests[end] as BlockRange).length
    const taken = this.#requests.slice(this.#first, end)
    this.#first = end
    if (this.#first > this.#requests.length / 2) {
      this.#requests = this.#requests.slice(this.#first)
      this.#first = 0
    }
    return taken
  }

  #refusal(request: BlockRange, standing: RequestStanding): Refusal | undefined {
    const { piece, begin, length } = request
    const pieces = this.#pieces
    if (piece >= pieces.pieceCount) return 'no-such-piece'
    if (length === 0) return 'empty-range'
    if (length > BLOCK_LENGTH) return 'range-too-long'
    if (begin + length > pieces.lengthOf(piece)) return 'range-outside-piece'
    if (!pieces.has(piece)) return 'piece-not-here'
    if (this.length >= this.#limit) return 'queue-full'
    return standing.choking ? this.#fastRefusal(piece, standing) : undefined
  }

  #fastRefusal(piece: number, { allowedFast }: RequestStanding): Refusal | undefined {
    if (!allowedFast(piece)) return 'choked'
    const turns = this.#fastTurns.get(piece) ?? 0
    const blocks = Math.ceil(this.#pieces.lengthOf(piece) / BLOCK_LENGTH)
    if (turns >= blocks * ALLOWED_FAST_TURNS) return 'allowed-fast-used-up'
    this.#fastTurns.set(piece, turns + 1)
    return undefined
  }
}
