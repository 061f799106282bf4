import { blockKey, splitIntoBlocks, type BlockRequest } from '../block.ts'

/** One answered request, and how long the answer took in milliseconds. */
export interface AnsweredRequest {
  readonly request: BlockRequest
  readonly latencyMs: number
}

/** What became of a block: taken, or one that nobody asked for, or not any more. */
export type BlockResult = 'taken' | 'unrequested'

/**
 * One range of one piece being fetched: what is still to be asked, what is asked, what has come. Pure; blocks go
 * straight to their place, in any order.
 */
export class RangeFetch {
  /** The bytes of the range; whole once `isDone`. */
  readonly data: Uint8Array
  readonly #begin: number
  #depth: number
  readonly #answered: AnsweredRequest[] = []
  #waiting: BlockRequest[]
  readonly #outstanding = new Map<string, { readonly request: BlockRequest; readonly askedAt: number }>()
  #missing: number

  /**
   * @param range bounded by the caller: its bytes are held in memory
   * @param depth most requests in flight, at least 1
   */
  constructor(range: BlockRequest, depth: number) {
    this.data = new Uint8Array(range.length)
    this.#begin = range.begin
    this.#depth = depth
    this.#waiting = splitIntoBlocks(range)
    this.#missing = this.#waiting.length
  }

  /** Most requests in flight, at least 1. */
  set depth(depth: number) {
    this.#depth = depth
  }

  get isDone(): boolean {
    return this.#missing === 0
  }

  /** In the order of the answers. */
  get answered(): readonly AnsweredRequest[] {
    return this.#answered
  }

  /** The requests to send now. */
  next(at: number): BlockRequest[] {
    const requests = this.#waiting.splice(0, Math.max(0, this.#depth - this.#outstanding.size))
    for (const request of requests) this.#outstanding.set(blockKey(request), { request, askedAt: at })
    return requests
  }

  /** Whether the block was requested and has not come. */
  awaits(request: BlockRequest): boolean {
    return this.#outstanding.has(blockKey(request))
  }

  received(piece: number, begin: number, block: Uint8Array, at: number): BlockResult {
    const outstanding = this.#take({ piece, begin, length: block.length })
    if (outstanding === undefined) return 'unrequested'
    this.data.set(block, begin - this.#begin)
    this.#missing--
    this.#answered.push({ request: outstanding.request, latencyMs: at - outstanding.askedAt })
    return 'taken'
  }

  /** Notes a *reject*; false when nothing of the kind was asked. The request is asked again by the next `next`. */
  rejected(request: BlockRequest): boolean {
    const outstanding = this.#take(request)
    if (outstanding !== undefined) this.#waiting.unshift(outstanding.request)
    return outstanding !== undefined
  }

  /** Notes that all requests in flight are gone: what a choke means without the fast extension (BEP 3). */
  dropped(): void {
    this.#waiting = [...this.#outstanding.values()].map(({ request }) => request).concat(this.#waiting)
    this.#outstanding.clear()
  }

  #take(request: BlockRequest): { readonly request: BlockRequest; readonly askedAt: number } | undefined {
    const key = blockKey(request)
    const outstanding = this.#outstanding.get(key)
    this.#outstanding.delete(key)
    return outstanding
  }
}
