import { BLOCK_LENGTH, SERVE_QUEUE_LENGTH } from '../../base/limits.ts'
import type { BlockRange } from '../../wire/message/message.ts'

/** Why a request is not served. With the fast extension each refusal is answered with a *reject*, without it not at all. */
export type Refusal =
  | 'choked'
  | 'allowed-fast-used-up'
  | 'no-such-piece'
  | 'piece-not-here'
  | 'empty-range'
  | 'range-too-long'
  | 'range-outside-piece'
  | 'queue-full'

/** The pieces that can be served. */
export interface ServedPieces {
  readonly pieceCount: number
  /** Length in bytes of an existing piece. */
  readonly lengthOf: (piece: number) => number
  readonly has: (piece: number) => boolean
}

/** The choking state of the peer when a request arrives. */
export interface RequestStanding {
  readonly choking: boolean
  /** Whether we let the peer request this piece while choked. */
  readonly allowedFast: (piece: number) => boolean
}

/** How often the blocks of an allowed-fast piece are served to a choked peer: enough for retries, not for a download. */
const ALLOWED_FAST_TURNS = 3

/**
 * The queued requests of one peer, oldest first. Every request gets exactly one answer, as BEP 6 requires: it is refused
 * at once, or it leaves the queue once, by `take`, `cancel` or `choke`. A request that is sent twice counts as two
 * requests.
 * @see https://www.bittorrent.org/beps/bep_0006.html "reject request"
 */
export class ServeQueue {
  readonly #pieces: ServedPieces
  readonly #limit: number
  /** Answered requests stay in the array before `#first` until they make up half of it. */
  #requests: BlockRange[] = []
  #first = 0
  /** Requests for allowed-fast pieces taken while choking, by piece; bounded by the number of pieces that we allow. */
  readonly #fastTurns = new Map<number, number>()

  /** @param limit most queued requests: the `reqq` of our extension handshake */
  constructor(pieces: ServedPieces, limit = SERVE_QUEUE_LENGTH) {
    this.#pieces = pieces
    this.#limit = limit
  }

  /** Number of queued requests. */
  get length(): number {
    return this.#requests.length - this.#first
  }

  /** Queues a request, or returns why it is refused. */
  add(request: BlockRange, standing: RequestStanding): Refusal | undefined {
    const refusal = this.#refusal(request, standing)
    if (refusal === undefined)
      this.#requests.push({ piece: request.piece, begin: request.begin, length: request.length })
    return refusal
  }

  /** Removes one such request. Returns false when none is queued: its block was already taken, or it was never requested. */
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
   * Removes and returns the requests that a choke cancels. With the fast extension the caller must reject them.
   * @param keep pieces that are served despite the choke
   */
  choke(keep: (piece: number) => boolean): readonly BlockRange[] {
    const waiting = this.#requests.slice(this.#first)
    this.#requests = waiting.filter(({ piece }) => keep(piece))
    this.#first = 0
    return waiting.filter(({ piece }) => !keep(piece))
  }

  /** Takes the next requests to answer: about `maxBytes` of blocks, and at least one request if any is queued. */
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
