import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'
import { MAX_FAST_PIECES } from '../../base/limits.ts'

/** How a peer announces its pieces. With the fast extension it sends exactly one of these, right after the handshake. */
export type AvailabilityMessage = 'bitfield' | 'have-all' | 'have-none'

/** What became of a piece index. `ignored`: as many as we keep for one peer are known already. */
export type FastPieceResult = 'added' | 'repeated' | 'out-of-range' | 'ignored'

/**
 * The state of the fast extension on one connection: which pieces may be requested while choked, what the peer suggests,
 * and whether it announced its pieces exactly once, as it must. Keeps at most MAX_FAST_PIECES indexes of each kind.
 * @see https://www.bittorrent.org/beps/bep_0006.html
 */
export class FastExtensionState {
  #pieceCount: number | undefined
  #availability: AvailabilityMessage | undefined
  /** Created for the first piece: most connections have none, and a scan has thousands of connections. */
  #allowedByPeer: Set<number> | undefined
  #allowedByUs: Set<number> | undefined
  #suggested: Set<number> | undefined

  /** @param pieceCount undefined while it is unknown (a magnet link); see `setPieceCount` */
  constructor(pieceCount?: number) {
    this.#pieceCount = pieceCount
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { availability, allowedByPeer, allowedByUs, suggested } = this
    return inspectAs(
      'FastExtensionState',
      { availability, allowedByPeer, allowedByUs, suggested },
      options,
      inspect,
    )
  }

  /** How the peer announced its pieces; undefined until it did. */
  get availability(): AvailabilityMessage | undefined {
    return this.#availability
  }

  /** The pieces that the peer lets us request while it chokes us, in order of arrival. The peer need not have them. */
  get allowedByPeer(): readonly number[] {
    return listOf(this.#allowedByPeer)
  }

  /** The pieces that we let the peer request while we choke it. */
  get allowedByUs(): readonly number[] {
    return listOf(this.#allowedByUs)
  }

  /** The pieces that the peer suggested, in order of arrival. */
  get suggested(): readonly number[] {
    return listOf(this.#suggested)
  }

  /** Records a bitfield, have-all or have-none. Returns false for a second one, which BEP 6 forbids; the first one counts. */
  receivedAvailability(message: AvailabilityMessage): boolean {
    if (this.#availability !== undefined) return false
    this.#availability = message
    return true
  }

  receivedAllowedFast(piece: number): FastPieceResult {
    return this.#remember((this.#allowedByPeer ??= new Set()), piece)
  }

  /** Records an *allowed fast* that we send. */
  sentAllowedFast(piece: number): FastPieceResult {
    return this.#remember((this.#allowedByUs ??= new Set()), piece)
  }

  receivedSuggest(piece: number): FastPieceResult {
    return this.#remember((this.#suggested ??= new Set()), piece)
  }

  /** Whether we may request this piece while the peer chokes us. */
  canRequestWhileChoked(piece: number): boolean {
    return this.#allowedByPeer?.has(piece) === true
  }

  /** Whether to serve a request for this piece while we choke the peer. */
  canServeWhileChoking(piece: number): boolean {
    return this.#allowedByUs?.has(piece) === true
  }

  /** Withdraws an *allowed fast* that is used up: BEP 6 lets its sender reject such requests after a while. */
  withdrawAllowedFast(piece: number): boolean {
    return this.#allowedByUs?.delete(piece) === true
  }

  /** Sets the piece count once the metadata is known. Removes and returns the peer's indexes that turn out not to exist. */
  setPieceCount(pieceCount: number): readonly number[] {
    this.#pieceCount = pieceCount
    const wrong = new Set<number>()
    for (const pieces of [this.#allowedByPeer, this.#suggested]) {
      for (const piece of pieces ?? []) {
        if (piece < pieceCount) continue
        pieces?.delete(piece)
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

function listOf(pieces: ReadonlySet<number> | undefined): readonly number[] {
  return pieces === undefined ? [] : [...pieces]
}
