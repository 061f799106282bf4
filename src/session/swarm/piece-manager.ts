import { MAX_COUNTED_PEERS, MAX_OUTSTANDING_REQUESTS } from '../../base/limits.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { ActivePiece, BlockState } from './active-piece.ts'
import type { BlockRequest } from '../block.ts'
import { OutstandingRequests } from './outstanding-requests.ts'
import type { PieceOrder, PiecePriority, Random } from './piece-picker.ts'
import { PieceTable, type PieceState } from './piece-table.ts'

/** How long a request may stay unanswered before other peers are asked, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000

/** With this many pieces left, blocks are requested from several peers at once (endgame). */
const ENDGAME_PIECES = 10

/** The torrent, and which pieces of it are wanted. */
export interface PieceManagerOptions {
  readonly pieceCount: number
  /** Length of a piece in bytes; the last one of a torrent, and of each file in v2, may be short. Called when a piece is begun. */
  readonly pieceLength: (piece: number) => number
  /** Default rarest first. */
  readonly order?: PieceOrder
  /** Pieces that are present and verified; copied. Default none. */
  readonly have?: Bitfield
  /** Pieces to download; the others have priority `skip`. Default all. */
  readonly wanted?: Bitfield
}

/** A request and the peer it was sent to. */
export interface PeerRequest<Key> {
  readonly peer: Key
  readonly request: BlockRequest
}

/** What became of a received block. */
export type ReceiveResult<Key> =
  | {
      readonly type: 'accepted'
      /** The piece has all its blocks: hash it and call `verified`. */
      readonly pieceComplete: boolean
      /** Requests for the same block to other peers: send them *cancel*. */
      readonly cancel: readonly PeerRequest<Key>[]
    }
  /** It was requested, but was already received, or its piece was restarted since. */
  | { readonly type: 'duplicate' }
  /** It was not requested from this peer; it has no effect. */
  | { readonly type: 'unrequested' }

/** What the hash of a piece says about peers. */
export interface VerifyResult<Key> {
  /** The peers that sent blocks of the piece. If its hash is wrong, at least one of them sent bad data. */
  readonly contributors: readonly Key[]
}

interface Peer<Key> {
  readonly have: Bitfield
  readonly outstanding: OutstandingRequests<Key>
}

/**
 * Decides which block to request from which peer next, and tracks the state of every piece. Holds no data and performs no
 * I/O: the caller sends the requests, keeps the blocks and hashes the pieces. Times are milliseconds on the caller's
 * clock. Pieces in progress are finished first; then pieces are begun by priority, and within a priority rarest first
 * (the first few at random among the rarest) or in sequence.
 */
export class PieceManager<Key = string> {
  readonly #pieceCount: number
  readonly #pieces: PieceTable<Key>
  readonly #peers = new Map<Key, Peer<Key>>()

  /** @throws RangeError when the piece count is above MAX_PIECES, or a bitfield has another piece count */
  constructor(options: PieceManagerOptions) {
    const { pieceCount, have, wanted, order = 'rarest-first', pieceLength } = options
    this.#pieceCount = pieceCount
    for (const bitfield of [have, wanted]) if (bitfield !== undefined) this.#checkBitfield(bitfield)
    const had = have?.clone() ?? new Bitfield(pieceCount)
    this.#pieces = new PieceTable(had, wanted ?? Bitfield.full(pieceCount), order, pieceLength)
  }

  /** A copy of the verified pieces. */
  have(): Bitfield {
    return this.#pieces.have.clone()
  }

  /** Pieces that are wanted and not verified yet. */
  get remaining(): number {
    return this.#pieces.remaining
  }

  get isComplete(): boolean {
    return this.remaining === 0
  }

  get inEndgame(): boolean {
    return this.remaining > 0 && this.remaining <= ENDGAME_PIECES
  }

  stateOf(piece: number): PieceState {
    return this.#pieces.stateOf(piece)
  }

  /** The states of the blocks of a piece that is active or verifying, else undefined. */
  blockStates(piece: number): readonly BlockState[] | undefined {
    const active = this.#pieces.active(piece)
    return active && Array.from({ length: active.blockCount }, (_, block) => active.stateOf(block))
  }

  /** Number of added peers that have a piece. */
  availabilityOf(piece: number): number {
    return this.#pieces.availabilityOf(piece)
  }

  /**
   * Sets the priority of a piece. A piece in progress is finished whatever its priority, unless it is `skip`: then no more
   * of it is requested.
   * @throws RangeError when there is no such piece
   */
  setPriority(piece: number, priority: PiecePriority): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.#pieceCount)
      throw new RangeError(`piece ${piece} of ${this.#pieceCount}`)
    this.#pieces.setPriority(piece, priority)
  }

  /**
   * @param have the peer's pieces; copied, so report every change with `peerHas` and `peerLost`
   * @throws RangeError when the peer was already added, MAX_COUNTED_PEERS is reached, or the piece count differs
   */
  addPeer(peer: Key, have: Bitfield): void {
    if (this.#peers.has(peer)) throw new RangeError('the peer was already added')
    if (this.#peers.size >= MAX_COUNTED_PEERS) throw new RangeError(`more than ${MAX_COUNTED_PEERS} peers`)
    this.#checkBitfield(have)
    this.#peers.set(peer, { have: have.clone(), outstanding: new OutstandingRequests() })
    for (const piece of have) this.#pieces.count(piece, 1)
  }

  /** Removes a peer. Its requests can then be sent to other peers. */
  removePeer(peer: Key): void {
    this.releasedAll(peer)
    const known = this.#peers.get(peer)
    this.#peers.delete(peer)
    for (const piece of known?.have ?? []) this.#pieces.count(piece, -1)
  }

  /**
   * Records a *have*.
   * @throws RangeError when the piece does not exist: check the index against the piece count first
   */
  peerHas(peer: Key, piece: number): void {
    if (this.#peers.get(peer)?.have.set(piece) === true) this.#pieces.count(piece, 1)
  }

  /**
   * Records a *donthave* (BEP 54).
   * @throws RangeError when there is no such piece
   */
  peerLost(peer: Key, piece: number): void {
    if (this.#peers.get(peer)?.have.clear(piece) === true) this.#pieces.count(piece, -1)
  }

  /** Whether the peer has a piece that we want, so that we should be interested. */
  isInteresting(peer: Key): boolean {
    for (const piece of this.#peers.get(peer)?.have.missingFrom(this.#pieces.have) ?? []) {
      if (this.#pieces.isWanted(piece)) return true
    }
    return false
  }

  /** Number of requests that the peer has not answered, including those that timed out. */
  outstanding(peer: Key): number {
    return this.#peers.get(peer)?.outstanding.size ?? 0
  }

  /**
   * Takes up to `count` blocks to request from a peer now; they become outstanding. Never a block that the peer has not yet
   * answered, nor one requested from another peer, except in the endgame or when that request timed out.
   * @param only if set, only these pieces: the allowed-fast ones while the peer chokes us
   */
  nextRequests(peer: Key, count: number, at: number, random: Random, only?: Bitfield): BlockRequest[] {
    const known = this.#peers.get(peer)
    if (known === undefined) return []
    const theirs = only === undefined ? known.have : intersection(known.have, only)
    const room = Math.min(count, MAX_OUTSTANDING_REQUESTS - known.outstanding.size)
    const requests: BlockRequest[] = []
    const touched = new Set<ActivePiece<Key>>()
    const askFor = (active: ActivePiece<Key>, state: BlockState, first = 0): void => {
      if (!theirs.has(active.piece)) return
      touched.add(active)
      for (let block = first; block < active.blockCount && requests.length < room; block++) {
        if (active.stateOf(block) === state && !known.outstanding.has(active.requestFor(block)))
          requests.push(known.outstanding.ask(active, block, at))
      }
    }
    for (const active of this.#pieces.openPieces()) {
      if (requests.length >= room) break
      askFor(active, 'missing', active.firstMissing())
    }
    while (requests.length < room) {
      const active = this.#pieces.begin(theirs, random)
      if (active === undefined) break
      askFor(active, 'missing')
    }
    if (this.inEndgame) for (const active of this.#pieces.activePieces()) askFor(active, 'requested')
    // not earlier: a piece that is requested only from this peer would be returned and begun again endlessly
    for (const active of touched) this.#pieces.changed(active)
    return requests
  }

  /** Records a received block; a late one counts like any other. */
  received(peer: Key, request: BlockRequest): ReceiveResult<Key> {
    const taken = this.#peers.get(peer)?.outstanding.take(request)
    if (taken === undefined) return { type: 'unrequested' }
    const { active, block } = taken
    const accepted = this.#pieces.isActive(active) && active.receive(block, peer)
    this.#pieces.changed(active)
    if (!accepted) return { type: 'duplicate' }
    return { type: 'accepted', pieceComplete: active.isComplete, cancel: this.#othersAsked(request) }
  }

  /** Removes a request that the peer will not answer, because it rejected it or we cancelled it. Returns false when there is none. */
  released(peer: Key, request: BlockRequest): boolean {
    const taken = this.#peers.get(peer)?.outstanding.take(request)
    if (taken !== undefined) this.#pieces.changed(taken.active)
    return taken !== undefined
  }

  /** Removes all requests to a peer, which drops them when it chokes us without the fast extension. Returns their number. */
  releasedAll(peer: Key): number {
    const taken = this.#peers.get(peer)?.outstanding.takeAll() ?? []
    for (const { active } of taken) this.#pieces.changed(active)
    return taken.length
  }

  /** Times out requests that are 30 seconds old or older, so that other peers can be asked, and returns them. Late answers still count. */
  expire(at: number): PeerRequest<Key>[] {
    const expired: PeerRequest<Key>[] = []
    for (const [peer, { outstanding }] of this.#peers) {
      for (const { request, active } of outstanding.expire(at - REQUEST_TIMEOUT_MS)) {
        this.#pieces.changed(active)
        expired.push({ peer, request })
      }
    }
    return expired
  }

  /** When to call `expire` next, or undefined. */
  get nextExpiry(): number | undefined {
    let next: number | undefined
    for (const { outstanding } of this.#peers.values()) {
      const oldest = outstanding.oldest()
      if (oldest !== undefined) next = Math.min(next ?? oldest, oldest)
    }
    return next === undefined ? undefined : next + REQUEST_TIMEOUT_MS
  }

  /**
   * Records the result of hashing a piece in state `verifying`. If it is wrong, the piece starts again from scratch.
   * @throws RangeError when the piece is in another state
   */
  verified(piece: number, ok: boolean): VerifyResult<Key> {
    return { contributors: [...this.#pieces.finish(piece, ok).contributors] }
  }

  #othersAsked(request: BlockRequest): PeerRequest<Key>[] {
    const others: PeerRequest<Key>[] = []
    for (const [peer, { outstanding }] of this.#peers)
      if (outstanding.has(request)) others.push({ peer, request })
    return others
  }

  #checkBitfield(bitfield: Bitfield): void {
    if (bitfield.pieceCount !== this.#pieceCount)
      throw new RangeError(`a bitfield of ${bitfield.pieceCount} pieces, the torrent has ${this.#pieceCount}`)
  }
}

function intersection(a: Bitfield, b: Bitfield): Bitfield {
  const both = new Bitfield(a.pieceCount)
  for (const piece of b) if (a.has(piece)) both.set(piece)
  return both
}
