import type { Bitfield } from '../../wire/bitfield.ts'

/** How much a piece is wanted; `skip` pieces are never requested. */
export type PiecePriority = 'skip' | 'low' | 'normal' | 'high'

/** The order in which pieces are begun. */
export type PieceOrder = 'rarest-first' | 'sequential'

/** A random number generator like Math.random: 0 <= x < 1. */
export type Random = () => number

/** Rank of a piece that must not be begun: skipped, complete, or already begun. */
export const NOT_PICKABLE = 0

/** Ranks by priority; higher ranks are begun first. */
export const PRIORITY_RANKS: Readonly<Record<PiecePriority, number>> = {
  skip: NOT_PICKABLE,
  low: 1,
  normal: 2,
  high: 3,
}

export const HIGHEST_RANK = PRIORITY_RANKS.high

/** Chooses the next piece to begin. Every change is reported to it, so that a choice need not scan all pieces. */
export interface PiecePicker {
  /**
   * Sets the rank and availability of a piece.
   * @param rank NOT_PICKABLE removes it
   * @param availability how many connected peers have it
   */
  update(piece: number, rank: number, availability: number): void
  /** The best pieces of a peer, best first; at most `limit`. */
  pick(theirs: Bitfield, limit: number, random: Random): number[]
}

/** Picks pieces by rank, and by index within a rank. */
export class SequentialPicker implements PiecePicker {
  readonly #ranks: Uint8Array
  /** By rank: no piece of that rank is below this index. */
  readonly #first: number[]

  constructor(pieceCount: number) {
    this.#ranks = new Uint8Array(pieceCount)
    this.#first = Array.from({ length: HIGHEST_RANK + 1 }, () => pieceCount)
  }

  update(piece: number, rank: number): void {
    this.#ranks[piece] = rank
    this.#first[rank] = Math.min(this.#first[rank] as number, piece)
  }

  pick(theirs: Bitfield, limit: number): number[] {
    const picked: number[] = []
    for (let rank = HIGHEST_RANK; rank > NOT_PICKABLE; rank--) {
      this.#skipTaken(rank)
      for (let piece = this.#first[rank] as number; piece < this.#ranks.length; piece++) {
        if (picked.length >= limit) return picked
        if (this.#ranks[piece] === rank && theirs.has(piece)) picked.push(piece)
      }
    }
    return picked
  }

  /** Pieces at the front do not come back once begun: skipping each once keeps a whole download linear. */
  #skipTaken(rank: number): void {
    let first = this.#first[rank] as number
    while (first < this.#ranks.length && this.#ranks[first] !== rank) first++
    this.#first[rank] = first
  }
}
