import { MAX_FAST_PIECES, MAX_OUTSTANDING_REQUESTS } from '../../base/limits.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { BlockRequest } from '../block.ts'
import { FetchingPiece } from './fetching-piece.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { QueueDepth } from './queue-depth.ts'

/** Memory for pieces that were begun, in bytes; a single longer piece is fetched all the same, alone. */
const PIECE_MEMORY = 16 * 1024 * 1024

/** A peer that rejects one block this often does not serve it. */
const MAX_REJECTS = 3

/** How long a request that others overtook may stay unanswered before it is asked for again, in milliseconds. */
const OVERTAKEN_MS = 30_000

/** Unasked blocks that are put up with; honest peers send none. */
const MAX_UNASKED = 256

/** What is fetched from one peer, and what that peer can do. */
export interface FetchQueueOptions {
  /** What to fetch, lowest first; copied. */
  readonly pieces: Bitfield
  /** Bytes to fetch of a piece, at least 1. */
  readonly pieceLength: (piece: number) => number
  /** Whether the peer claims the piece now; later claims come by `peerHas`. */
  readonly has: (piece: number) => boolean
  /** Whether the fast extension was negotiated: then a choke leaves requests to be rejected one by one (BEP 6). */
  readonly fast: boolean
  /** How many requests the peer queues (BEP 10). */
  readonly reqq: number
  /** Default 16 MiB. */
  readonly pieceMemory?: number
}

/** What a block that came was. */
export type BlockResult =
  | { readonly type: 'accepted'; readonly pieceComplete: boolean }
  /** It was asked for, and is there already or not wanted any more. */
  | { readonly type: 'duplicate' }
  /** It was never asked for; nothing changes. */
  | { readonly type: 'unasked' }

/** What follows from a request that the peer rejected. */
export type RejectResult =
  /** It will be asked for again. */
  | { readonly type: 'again' }
  /** Once too often: nothing more of its piece is asked for, and what came of it is of no use. */
  | { readonly type: 'refused'; readonly piece: number }
  | { readonly type: 'unasked' }

/** What happened, counted. */
export interface FetchCounts {
  readonly chokes: number
  readonly rejects: number
  readonly duplicates: number
  readonly unasked: number
  /** Requests that were asked again because later ones were answered and they were not. */
  readonly overdue: number
}

/**
 * What is asked of one peer: which blocks of which pieces, how many at a time, and what comes of them. Holds no data and
 * sends nothing. Times are milliseconds on the caller's clock. Pieces that were begun are finished first, and no more
 * are begun than fit in the memory for them, whatever the piece length.
 */
export class FetchQueue {
  readonly #options: FetchQueueOptions
  readonly #depth: QueueDepth
  /** Wanted and claimed by the peer, not begun; wanted and not claimed. */
  readonly #ready: Bitfield
  readonly #missing: Bitfield
  #readyCount = 0
  /** No piece below this one is ready. */
  #first = 0
  readonly #active = new Map<number, FetchingPiece>()
  /** Every piece that was begun: what comes of it later was asked for. */
  readonly #begun: Bitfield
  readonly #allowedFast = new Set<number>()
  readonly #refused: number[] = []
  readonly #latencies = new LatencyHistogram()
  readonly #counts = { chokes: 0, rejects: 0, duplicates: 0, unasked: 0, overdue: 0 }
  #memory = 0
  #outstanding = 0
  #choked = true
  /** When the newest of the answered requests was asked: an older one without an answer was overtaken. */
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

  /** Requests that the peer has not answered. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** How many requests are kept with the peer at present. */
  get depth(): number {
    return this.#depth.current
  }

  /** When the last asked block came. */
  get lastBlockAt(): number | undefined {
    return this.#lastBlockAt
  }

  /** Nothing is left that this peer could give. */
  get isDone(): boolean {
    return this.#readyCount === 0 && this.#active.size === 0
  }

  /** Pieces that the peer does not claim. */
  get unavailable(): Bitfield {
    return this.#missing.clone()
  }

  get unavailableCount(): number {
    return this.#missing.count
  }

  /** Pieces given up because the peer kept rejecting them. */
  get refused(): readonly number[] {
    return this.#refused
  }

  /** More unasked blocks than an honest peer could ever send. */
  get isFlooded(): boolean {
    return this.#counts.unasked > MAX_UNASKED
  }

  /** Notes a claim of the peer; false when the index is not wanted, or none at all, so that nothing changes. */
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

  /** Without the fast extension a choke takes back all that was asked. */
  choked(): void {
    if (!this.#choked) this.#counts.chokes++
    this.#choked = true
    this.#depth.interrupted()
    if (!this.#options.fast) this.giveUpAll()
  }

  /**
   * The requests to send now, in one batch, noted as asked. Empty until at least a quarter of the queue is free, unless
   * nothing is outstanding at all.
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

  /** Whether the block was requested and has not come; it may have been given up. */
  awaits(request: BlockRequest): boolean {
    const active = this.#active.get(request.piece)
    const block = active?.blockAt(request)
    const state = block === undefined ? undefined : active?.stateOf(block)
    return state === 'asked' || state === 'given-up'
  }

  /** How many requests the peer queues (BEP 10), when it says so late. */
  set reqq(reqq: number) {
    this.#depth.limit = Math.min(reqq, MAX_OUTSTANDING_REQUESTS)
  }

  /** Notes a block; only an accepted one is to be kept. Late ones are as good as others. */
  received(request: BlockRequest, at: number): BlockResult {
    const { piece } = request
    const active = this.#active.get(piece)
    const block = active?.blockAt(request)
    const state = block === undefined ? 'missing' : active?.stateOf(block)
    if (active === undefined || block === undefined || state === 'missing') {
      const late = active === undefined && piece < this.#begun.pieceCount && this.#begun.has(piece)
      this.#counts[late ? 'duplicates' : 'unasked']++
      return { type: late ? 'duplicate' : 'unasked' }
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

  /** Notes a *reject*. */
  rejected(request: BlockRequest): RejectResult {
    const { piece } = request
    const active = this.#active.get(piece)
    const block = active?.blockAt(request)
    if (active === undefined || block === undefined || active.stateOf(block) !== 'asked')
      return { type: 'unasked' }
    this.#counts.rejects++
    this.#outstanding--
    active.giveUp(block)
    // the answer to a choke says nothing about the block
    if ((this.#choked && !this.#allowedFast.has(piece)) || active.countReject(block) < MAX_REJECTS)
      return { type: 'again' }
    this.#outstanding -= active.asked
    this.#end(active)
    this.#refused.push(piece)
    return { type: 'refused', piece }
  }

  /**
   * Gives up the requests that were overtaken long ago and returns them: to be cancelled, since they will be asked
   * again. A peer that answers nothing at all is for `lastBlockAt` to show.
   */
  expire(at: number): BlockRequest[] {
    const before = Math.min(this.#newestAnswered, at - OVERTAKEN_MS)
    const overdue = [...this.#active.values()].flatMap((active) => active.giveUpBefore(before))
    this.#outstanding -= overdue.length
    this.#counts.overdue += overdue.length
    return overdue
  }

  /** Waits for nothing that was asked so far: it will be asked again. */
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
