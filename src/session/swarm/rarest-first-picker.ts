import type { Bitfield } from '../../wire/bitfield.ts'
import { HIGHEST_RANK, NOT_PICKABLE, type PiecePicker, type Random } from './piece-picker.ts'

/**
 * Picks pieces by rank, rarest first within a rank, and equally rare ones in random order, so that peers with the same
 * rule do not all fetch the same piece. Each (rank, availability) has a bucket of pieces; a piece moves between buckets
 * in constant time.
 */
export class RarestFirstPicker implements PiecePicker {
  readonly #ranks: Uint8Array
  readonly #availability: Uint16Array
  /** The index of each piece in its bucket. */
  readonly #places: Uint32Array
  /** Indexed by rank, then by availability. */
  readonly #buckets: number[][][]

  constructor(pieceCount: number) {
    this.#ranks = new Uint8Array(pieceCount)
    this.#availability = new Uint16Array(pieceCount)
    this.#places = new Uint32Array(pieceCount)
    this.#buckets = Array.from({ length: HIGHEST_RANK + 1 }, () => [])
  }

  update(piece: number, rank: number, availability: number): void {
    if (this.#ranks[piece] === rank && this.#availability[piece] === availability) return
    if (this.#ranks[piece] !== NOT_PICKABLE) this.#takeOut(piece)
    this.#ranks[piece] = rank
    this.#availability[piece] = availability
    if (rank !== NOT_PICKABLE) this.#putIn(piece)
  }

  pick(theirs: Bitfield, limit: number, random: Random): number[] {
    const picked: number[] = []
    for (let rank = HIGHEST_RANK; rank > NOT_PICKABLE; rank--) {
      const buckets = this.#buckets[rank] ?? []
      // pieces that no peer has cannot be picked, so skip bucket 0
      for (let availability = 1; availability < buckets.length; availability++) {
        const bucket = buckets[availability] ?? []
        if (bucket.length === 0) continue
        const start = Math.floor(random() * bucket.length)
        for (let i = 0; i < bucket.length; i++) {
          const piece = bucket[(start + i) % bucket.length] as number
          if (theirs.has(piece)) picked.push(piece)
          if (picked.length >= limit) return picked
        }
      }
    }
    return picked
  }

  #putIn(piece: number): void {
    const bucket = this.#bucketOf(piece)
    this.#places[piece] = bucket.length
    bucket.push(piece)
  }

  #takeOut(piece: number): void {
    const bucket = this.#bucketOf(piece)
    const last = bucket.pop() as number
    if (last === piece) return
    const place = this.#places[piece] as number
    bucket[place] = last
    this.#places[last] = place
  }

  #bucketOf(piece: number): number[] {
    const buckets = this.#buckets[this.#ranks[piece] as number] as number[][]
    const availability = this.#availability[piece] as number
    while (buckets.length <= availability) buckets.push([])
    return buckets[availability] as number[]
  }
}
