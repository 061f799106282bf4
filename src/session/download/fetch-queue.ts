import { MAX_FAST_PIECES, MAX_OUTSTANDING_REQUESTS } from '../../base/limits.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { BlockRequest } from '../block.ts'
import { FetchingPiece } from './fetching-piece.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { QueueDepth } from './queue-depth.ts'

/** Memory for incomplete pieces, in bytes. A single longer piece is fetched anyway, alone. */
const PIECE_MEMORY = 16 * 1024 * 1024

/** Rejects of one block after which we stop requesting its piece. */
const MAX_REJECTS = 3

/** How long a request may stay unanswered after later ones were answered, in milliseconds; then it is sent again. */
const OVERTAKEN_MS = 30_000

/** Unrequested blocks that we tolerate; honest peers send none. */
const MAX_UNREQUESTED = 256

/** What to fetch from one peer, and what the peer supports. */
export interface FetchQueueOptions {
  /** Pieces to fetch, lowest first; copied. */
  readonly pieces: Bitfield
  /** Number of bytes to fetch of a piece, at least 1. */
  readonly pieceLength: (piece: number) => number
  /** Whether the peer has announced the piece so far; report later announcements with `peerHas`. */
  readonly has: (piece: number) => boolean
  /** Whether the fast extension was negotiated: then a choke does not cancel requests, the peer rejects each one (BEP 6). */
  readonly fast: boolean
  /** Number of requests that the peer queues (BEP 10). */
  readonly reqq: number
  /** Default 16 MiB. */
  readonly pieceMemory?: number
}

/** What a block that came was. */
export type BlockResult =
  | { readonly type: 'accepted'; readonly pieceComplete: boolean }
  /** It was requested, but has already been received or is not needed any more. */
  | { readonly type: 'duplicate' }
  /** It was never requested; it has no effect. */
  | { readonly type: 'unrequested' }

/** What follows from a request that the peer rejected. */
export type RejectResult =
  /** It will be requested again. */
  | { readonly type: 'again' }
  /** Too many rejects: its piece is abandoned, and the blocks received so far are of no use. */
  | { readonly type: 'refused'; readonly piece: number }
  | { readonly type: 'unrequested' }

/** Counters. */
export interface FetchCounts {
  readonly chokes: number
  readonly rejects: number
  readonly duplicates: number
  readonly unrequested: number
  /** Requests that timed out: later ones were answered, so they were sent again. */
  readonly timedOut: number
}

/**
 * Schedules the block requests to one peer and tracks their answers. Holds no data and sends nothing. Times are
 * milliseconds on the caller's clock. Pieces in progress are finished first, and no more are begun than fit in
 * `pieceMemory`, whatever the piece length.
 */
export class FetchQueue {
  readonly #options: FetchQueueOptions
  readonly #depth: QueueDepth
  /** Wanted pieces that the peer has announced and that are not begun. */
  readonly #ready: Bitfield
  /** Wanted pieces that the peer has not announced. */
  readonly #missing: Bitfield
  #readyCount = 0
  /** No piece below this one is ready. */
  #first = 0
  readonly #active = new Map<number, FetchingPiece>()
  /** Every piece that was ever begun: late blocks of it were requested. */
  readonly #begun: Bitfield
  readonly #allowedFast = new Set<number>()
  readonly #refused: number[] = []
  readonly #latencies = new LatencyHistogram()
  readonly #counts = { chokes: 0, rejects: 0, duplicates: 0, unrequested: 0, timedOut: 0 }
  #memory = 0
  #outstanding = 0
  #choked = true
  /** When the newest answered request was sent: an older one without an answer was skipped by the peer. */
  #newestAnswered = Number.NEGATIVE_INFINITY
  #lastBlockAt: number | undefined

  constructor(options: FetchQueueOptions) {
    this.#options = options
    this.#depth = new QueueDepth(Math.min(options.reqq, MAX_OUTSTANDING_REQUESTS))
    const { pieceCount } = options.pieces
    this.#missing = options.pieces.clone()
    this.#ready = new Bitfield(pieceCount)
    this.#begun = new Bitfield(pieceCount)
    for (const piece of options.pieces) if (options.has(piece)) this.peerHas(piece)
  }

  get counts(): FetchCounts {
    return this.#counts
  }

  get latencies(): LatencyHistogram {
    return this.#latencies
  }

  /** Number of outstanding requests. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** Number of requests to keep outstanding at present. */
  get depth(): number {
    return this.#depth.current
  }

  /** When the last requested block was received. */
  get lastBlockAt(): number | undefined {
    return this.#lastBlockAt
  }

  /** Whether this peer can provide nothing more. */
  get isDone(): boolean {
    return this.#readyCount === 0 && this.#active.size === 0
  }

  /** Wanted pieces that the peer has not announced. */
  get unavailable(): Bitfield {
    return this.#missing.clone()
  }

  get unavailableCount(): number {
    return this.#missing.count
  }

  /** Pieces abandoned because the peer kept rejecting them. */
  get refused(): readonly number[] {
    return this.#refused
  }

  /** Whether the peer sent more unrequested blocks than we tolerate. */
  get isFlooded(): boolean {
    return this.#counts.unrequested > MAX_UNREQUESTED
  }

  /** Records that the peer announced a piece. Returns false, without effect, when the index is not wanted or does not exist. */
  peerHas(piece: number): boolean {
    if (piece >= this.#missing.pieceCount || !this.#missing.clear(piece)) return false
    this.#ready.set(piece)
    this.#readyCount++
    this.#first = Math.min(this.#first, piece)
    return true
  }

  peerAllowsFast(piece: number): void {
    if (this.#allowedFast.size < MAX_FAST_PIECES) this.#allowedFast.add(piece)
  }

  unchoked(): void {
    this.#choked = false
  }

  /** Records a choke. Without the fast extension it cancels all outstanding requests. */
  choked(): void {
    if (!this.#choked) this.#counts.chokes++
    this.#choked = true
    this.#depth.interrupted()
    if (!this.#options.fast) this.giveUpAll()
  }

  /**
   * Takes the requests to send now, in one batch; they become outstanding. Empty until at least a quarter of the queue is
   * free, unless nothing is outstanding.
   */
  nextRequests(at: number): BlockRequest[] {
    const depth = this.#depth.current
    const room = depth - this.#outstanding
    if (room <= 0 || (this.#outstanding > 0 && room < depth / 4)) return []
    const requests: BlockRequest[] = []
    for (const active of this.#active.values()) {
      if (requests.length === room) break
      if (this.#mayAsk(active.piece)) askInto(requests, active, room, at)
    }
    while (requests.length < room) {
      const active = this.#begin()
      if (active === undefined) break
      askInto(requests, active, room, at)
    }
    this.#outstanding += requests.length
    return requests
  }

  /** Whether the block was requested and not received. The request may have timed out. */
  awaits(request: BlockRequest): boolean {
    const active = this.#active.get(request.piece)
    const block = active?.blockAt(request)
    const state = block === undefined ? undefined : active?.stateOf(block)
    return state === 'asked' || state === 'timed-out'
  }

  /** Sets the number of requests that the peer queues (BEP 10), when it announces it late. */
  set reqq(reqq: number) {
    this.#depth.limit = Math.min(reqq, MAX_OUTSTANDING_REQUESTS)
  }

  /** Records a block. Keep it only if it is accepted; late blocks are. */
  received(request: BlockRequest, at: number): BlockResult {
    const { piece } = request
    const active = this.#active.get(piece)
    const block = active?.blockAt(request)
    const state = block === undefined ? 'missing' : active?.stateOf(block)
    if (active === undefined || block === undefined || state === 'missing') {
      const late = active === undefined && piece < this.#begun.pieceCount && this.#begun.has(piece)
      this.#counts[late ? 'duplicates' : 'unrequested']++
      return { type: late ? 'duplicate' : 'unrequested' }
    }
    if (state === 'received') {
      this.#counts.duplicates++
      return { type: 'duplicate' }
    }
    if (state === 'asked') this.#answered(active.askedAt(block), at)
    active.receive(block)
    this.#lastBlockAt = at
    if (!active.isComplete) return { type: 'accepted', pieceComplete: false }
    this.#end(active)
    return { type: 'accepted', pieceComplete: true }
  }

  /** Records a *reject*. */
  rejected(request: BlockRequest): RejectResult {
    const { piece } = request
    const active = this.#active.get(piece)
    const block = active?.blockAt(request)
    if (active === undefined || block === undefined || active.stateOf(block) !== 'asked')
      return { type: 'unrequested' }
    this.#counts.rejects++
    this.#outstanding--
    active.giveUp(block)
    // a reject because of a choke says nothing about the block
    if ((this.#choked && !this.#allowedFast.has(piece)) || active.countReject(block) < MAX_REJECTS)
      return { type: 'again' }
    this.#outstanding -= active.asked
    this.#end(active)
    this.#refused.push(piece)
    return { type: 'refused', piece }
  }

  /**
   * Times out the requests that the peer skipped long ago and returns them: cancel them, because they will be sent again.
   * A peer that answers nothing at all is detected with `lastBlockAt`.
   */
  expire(at: number): BlockRequest[] {
    const before = Math.min(this.#newestAnswered, at - OVERTAKEN_MS)
    const overdue = [...this.#active.values()].flatMap((active) => active.giveUpBefore(before))
    this.#outstanding -= overdue.length
    this.#counts.timedOut += overdue.length
    return overdue
  }

  /** Gives up all outstanding requests: they will be sent again. */
  giveUpAll(): BlockRequest[] {
    this.#outstanding = 0
    return [...this.#active.values()].flatMap((active) => active.giveUpBefore(Number.POSITIVE_INFINITY))
  }

  #answered(askedAt: number, at: number): void {
    this.#outstanding--
    this.#newestAnswered = Math.max(this.#newestAnswered, askedAt)
    this.#latencies.record(at - askedAt)
    this.#depth.answered(at - askedAt, at)
  }

  #mayAsk(piece: number): boolean {
    return !this.#choked || this.#allowedFast.has(piece)
  }

  #begin(): FetchingPiece | undefined {
    const piece = this.#choked ? this.#nextAllowedFast() : this.#nextReady()
    if (piece === undefined) return undefined
    const length = this.#options.pieceLength(piece)
    const { pieceMemory = PIECE_MEMORY } = this.#options
    if (this.#active.size > 0 && this.#memory + length > pieceMemory) return undefined
    const active = new FetchingPiece({ piece, begin: 0, length })
    this.#ready.clear(piece)
    this.#readyCount--
    this.#begun.set(piece)
    this.#active.set(piece, active)
    this.#memory += length
    return active
  }

  #nextReady(): number | undefined {
    if (this.#readyCount === 0) return undefined
    while (!this.#ready.has(this.#first)) this.#first++
    return this.#first
  }

  #nextAllowedFast(): number | undefined {
    const { pieceCount } = this.#ready
    for (const piece of this.#allowedFast) if (piece < pieceCount && this.#ready.has(piece)) return piece
    return undefined
  }

  #end(active: FetchingPiece): void {
    this.#active.delete(active.piece)
    this.#memory -= active.length
  }
}

function askInto(requests: BlockRequest[], active: FetchingPiece, room: number, at: number): void {
  while (requests.length < room) {
    const request = active.askNext(at)
    if (request === undefined) return
    requests.push(request)
  }
}
