import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { TraceMessage } from '../../trace/event.ts'
import type { BlockRange } from '../../wire/message/message.ts'
import type { Conversation, Observation } from '../rule.ts'

type Request = BlockRange & { readonly type: string }

/** What we serve, and how much of it at a time. */
export interface ServedView {
  /** Up to where a piece can be requested, in bytes. */
  readonly lengthOf: (piece: number) => number
  readonly has: (piece: number) => boolean
  readonly pieceCount: number
  /** Our `reqq`. */
  readonly queueLength: number
  /** Layers between the leaves and a root; undefined for a root that the torrent does not have. */
  readonly treeHeightOf: (piecesRoot: Uint8Array) => number | undefined
}

/** Requests that come this long after a choke, in milliseconds, may have been sent before it arrived. */
const CHOKE_GRACE_MS = 10_000

/** BEP 3, 6 and 10: what a peer may ask a seeder for, and when. */
export class RequestJudge {
  readonly #served: ServedView
  readonly #allowedFast = new Set<number>()
  #choking = true
  /** When we choked after having unchoked; undefined as long as we never unchoked. */
  #chokedAt: number | undefined
  #requests = 0
  #cancels = 0
  #outstanding = 0

  constructor(served: ServedView) {
    this.#served = served
  }

  sent(message: TraceMessage, at: number, fast: boolean): void {
    switch (message.type) {
      case 'choke':
        if (!this.#choking) this.#chokedAt = at
        this.#choking = true
        // without the fast extension a choke answers all requests
        if (!fast) this.#outstanding = 0
        return
      case 'unchoke':
        this.#choking = false
        return
      case 'allowed-fast':
        this.#allowedFast.add(message.piece)
        return
      case 'piece':
      case 'reject':
        this.#outstanding = Math.max(0, this.#outstanding - 1)
        return
      default:
    }
  }

  *received(message: TraceMessage, at: number, { fast, extensions }: Conversation): Generator<Observation> {
    switch (message.type) {
      case 'request':
        this.#requests++
        this.#outstanding++
        yield* this.#range(message)
        yield* this.#choked(message, at)
        // without rejects nobody can tell which requests are still outstanding
        if (fast && extensions) yield* this.#queue()
        return
      case 'cancel':
        if (++this.#cancels > this.#requests)
          yield {
            id: 'cancel-not-requested',
            detail: `${describe(message)}, ${this.#requests} requests came`,
          }
        return
      case 'piece':
        yield {
          id: 'piece-not-requested',
          detail: `${describe(message)}, a seeder requests nothing`,
          reference: fast ? 'BEP 6' : 'BEP 3',
        }
        return
      case 'reject':
        yield { id: 'reject-not-requested', detail: `${describe(message)}, a seeder requests nothing` }
        return
      default:
    }
  }

  *#range(message: Request): Generator<Observation> {
    const { piece, begin, length } = message
    const { pieceCount, lengthOf, has } = this.#served
    if (piece >= pieceCount) {
      const detail = `request of piece ${piece}, the torrent has ${pieceCount}`
      yield { id: 'request-outside-torrent', detail }
      return
    }
    if (length === 0)
      yield { id: 'request-empty', detail: `${describe(message)}, expected 1 to ${BLOCK_LENGTH}` }
    if (length > BLOCK_LENGTH)
      yield { id: 'request-too-long', detail: `${describe(message)}, expected at most ${BLOCK_LENGTH}` }
    const end = lengthOf(piece)
    if (begin + length > end)
      yield { id: 'request-outside-torrent', detail: `${describe(message)}, the piece has ${end}` }
    if (!has(piece))
      yield { id: 'request-not-announced', detail: `${describe(message)}, which we do not have` }
  }

  *#choked(message: Request, at: number): Generator<Observation> {
    if (!this.#choking || this.#allowedFast.has(message.piece)) return
    if (this.#chokedAt !== undefined && at - this.#chokedAt < CHOKE_GRACE_MS) return
    yield {
      id: 'request-while-choked',
      detail: `${describe(message)}, expected after unchoke or allowed-fast`,
    }
  }

  *#queue(): Generator<Observation> {
    const { queueLength } = this.#served
    // one deviation each time that the queue is left behind, not one for each request beyond it
    if (this.#outstanding !== queueLength + 1) return
    const detail = `${this.#outstanding} requests are outstanding, our reqq is ${queueLength}`
    yield { id: 'request-queue-exceeded', detail }
  }
}

function describe(message: Request): string {
  const { type, piece, begin, length } = message
  return `${type} of piece ${piece}, bytes ${begin}+${length}`
}
