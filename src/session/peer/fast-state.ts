import { MAX_FAST_PIECES } from '../../base/limits.ts'

/** How a peer said what it has; with the fast extension exactly one of them, right after the handshake. */
export type AvailabilityMessage = 'bitfield' | 'have-all' | 'have-none'

/** What became of a piece index: `ignored` is one past what is remembered of a peer. */
export type FastPieceResult = 'added' | 'repeated' | 'out-of-range' | 'ignored'

/**
 * What the fast extension adds to one connection: who may request what in spite of a choke, what the peer suggests, and
 * whether it announced its pieces once, as it must. Remembers at most MAX_FAST_PIECES indexes of each kind.
 * @see https://www.bittorrent.org/beps/bep_0006.html
 */
export class FastExtensionState {
  #pieceCount: number | undefined
  #availability: AvailabilityMessage | undefined
  readonly #allowedByPeer = new Set<number>()
  readonly #allowedByUs = new Set<number>()
  readonly #suggested = new Set<number>()

  /** @param pieceCount undefined while it is unknown (a magnet link); see `setPieceCount` */
  constructor(pieceCount?: number) {
    this.#pieceCount = pieceCount
  }

  /** How the peer announced its pieces; undefined as long as it did not. */
  get availability(): AvailabilityMessage | undefined {
    return this.#availability
  }

  /** The pieces that the peer lets us request while it chokes us, in the order they came. Not a claim to have them. */
  get allowedByPeer(): readonly number[] {
    return [...this.#allowedByPeer]
  }

  /** The pieces that we let the peer request while we choke it. */
  get allowedByUs(): readonly number[] {
    return [...this.#allowedByUs]
  }

  /** The pieces that the peer would rather have requested, in the order they came. */
  get suggested(): readonly number[] {
    return [...this.#suggested]
  }

  /** Notes a bitfield, have-all or have-none; false when one had come before, which BEP 6 forbids. The first one counts. */
  receivedAvailability(message: AvailabilityMessage): boolean {
    if (this.#availability !== undefined) return false
    this.#availability = message
    return true
  }

  receivedAllowedFast(piece: number): FastPieceResult {
    return this.#remember(this.#allowedByPeer, piece)
  }

  /** Notes an *allowed fast* that we send. */
  sentAllowedFast(piece: number): FastPieceResult {
    return this.#remember(this.#allowedByUs, piece)
  }

  receivedSuggest(piece: number): FastPieceResult {
    return this.#remember(this.#suggested, piece)
  }

  /** Whether we may request this piece although the peer chokes us. */
  canRequestWhileChoked(piece: number): boolean {
    return this.#allowedByPeer.has(piece)
  }

  /** Whether a request of this piece is to be served although we choke the peer. */
  canServeWhileChoking(piece: number): boolean {
    return this.#allowedByUs.has(piece)
  }

  /** Takes a grant back once it is used up: BEP 6 lets the grantor reject again after a while. */
  withdrawAllowedFast(piece: number): boolean {
    return this.#allowedByUs.delete(piece)
  }

  /** Tells the piece count once the metadata is there; returns the indexes of the peer that turn out not to exist, and forgets them. */
  setPieceCount(pieceCount: number): readonly number[] {
    this.#pieceCount = pieceCount
    const wrong = new Set<number>()
    for (const pieces of [this.#allowedByPeer, this.#suggested]) {
      for (const piece of pieces) {
        if (piece < pieceCount) continue
        pieces.delete(piece)
        wrong.add(piece)
      }
    }
    return [...wrong].sort((a, b) => a - b)
  }

  #remember(pieces: Set<number>, piece: number): FastPieceResult {
    if (piece < 0 || piece >= (this.#pieceCount ?? Number.POSITIVE_INFINITY)) return 'out-of-range'
    if (pieces.has(piece)) return 'repeated'
    if (pieces.size >= MAX_FAST_PIECES) return 'ignored'
    pieces.add(piece)
    return 'added'
  }
}
