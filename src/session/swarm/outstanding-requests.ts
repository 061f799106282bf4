import type { ActivePiece } from './active-piece.ts'
import { blockKey, type BlockKey } from '../../wire/message/block-key.ts'
import type { BlockRequest } from '../block.ts'

/** One request that a peer has not answered. */
export interface Outstanding<Key> {
  readonly request: BlockRequest
  /** The piece in progress at that time; after a failed hash check the piece starts again as another object. */
  readonly active: ActivePiece<Key>
  readonly block: number
  /** When the request was sent, in milliseconds on the caller's clock. */
  readonly at: number
  /** Timed out: other peers may be asked, and an answer still counts. */
  stale: boolean
}

/** The requests that one peer has not answered, oldest first. */
export class OutstandingRequests<Key> {
  readonly #requests = new Map<BlockKey, Outstanding<Key>>()

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

  /** Removes and returns a request; undefined when there is none. */
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

  /** Marks requests sent at `before` or earlier as timed out, and returns them. */
  expire(before: number): Outstanding<Key>[] {
    const expired: Outstanding<Key>[] = []
    for (const outstanding of this.#requests.values()) {
      // they are in order of time: the first recent one ends the search
      if (outstanding.at > before) break
      if (outstanding.stale) continue
      outstanding.stale = true
      outstanding.active.expire(outstanding.block)
      expired.push(outstanding)
    }
    return expired
  }

  /** When the oldest request that has not timed out was sent. */
  oldest(): number | undefined {
    for (const { at, stale } of this.#requests.values()) if (!stale) return at
    return undefined
  }
}
