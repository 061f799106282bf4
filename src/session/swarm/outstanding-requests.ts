import type { ActivePiece } from './active-piece.ts'
import { blockKey } from '../../wire/message/message.ts'
import type { BlockRequest } from '../block.ts'

/** One request that a peer has not answered. */
export interface Outstanding<Key> {
  readonly request: BlockRequest
  /** The piece as it was begun then; after a failed hash the same piece is another one. */
  readonly active: ActivePiece<Key>
  readonly block: number
  /** When it was given out, in milliseconds on the caller's clock. */
  readonly at: number
  /** Past its time: others may be asked, and the answer is still welcome. */
  stale: boolean
}

/** What one peer was asked for and has not answered, oldest first. */
export class OutstandingRequests<Key> {
  readonly #requests = new Map<string, Outstanding<Key>>()

  get size(): number {
    return this.#requests.size
  }

  has(request: BlockRequest): boolean {
    return this.#requests.has(blockKey(request))
  }

  ask(active: ActivePiece<Key>, block: number, at: number): BlockRequest {
    active.ask(block)
    const request = active.requestFor(block)
    this.#requests.set(blockKey(request), { request, active, block, at, stale: false })
    return request
  }

  /** Takes a request out; undefined when the peer was not asked. */
  take(request: BlockRequest): Outstanding<Key> | undefined {
    const key = blockKey(request)
    const found = this.#requests.get(key)
    if (found === undefined) return undefined
    this.#requests.delete(key)
    found.active.release(found.block, found.stale)
    return found
  }

  takeAll(): Outstanding<Key>[] {
    return [...this.#requests.values()].flatMap(({ request }) => this.take(request) ?? [])
  }

  /** Marks those given out at `before` or earlier as stale and returns them. */
  expire(before: number): Outstanding<Key>[] {
    const expired: Outstanding<Key>[] = []
    for (const outstanding of this.#requests.values()) {
      // in the order of their times: the first young one ends the search
      if (outstanding.at > before) break
      if (outstanding.stale) continue
      outstanding.stale = true
      outstanding.active.expire(outstanding.block)
      expired.push(outstanding)
    }
    return expired
  }

  /** When the oldest request that is not stale was given out. */
  oldest(): number | undefined {
    for (const { at, stale } of this.#requests.values()) if (!stale) return at
    return undefined
  }
}
