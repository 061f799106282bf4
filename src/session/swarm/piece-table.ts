import { MAX_ACTIVE_PIECES } from '../../base/limits.ts'
import type { Bitfield } from '../../wire/bitfield.ts'
import { ActivePiece } from './active-piece.ts'
import {
  NOT_PICKABLE,
  PRIORITY_RANKS,
  SequentialPicker,
  type PieceOrder,
  type PiecePicker,
  type PiecePriority,
  type Random,
} from './piece-picker.ts'
import { RarestFirstPicker } from './rarest-first-picker.ts'

/** This many first pieces are chosen at random, to have something to upload soon, ... */
const RANDOM_FIRST_PIECES = 4
/** ... each among this many of the rarest. */
const RANDOM_FIRST_CHOICE = 10

/** `verifying`: all blocks are received and the piece must be hashed. */
export type PieceState = 'missing' | 'active' | 'verifying' | 'have'

/** The state, priority and availability of every piece. */
export class PieceTable<Key> {
  readonly have: Bitfield
  readonly sequential: boolean
  readonly #pieceLength: (piece: number) => number
  readonly #ranks: Uint8Array
  readonly #availability: Uint16Array
  readonly #picker: PiecePicker
  readonly #active = new Map<number, ActivePiece<Key>>()
  /** Active pieces with a block that is not requested from any peer. */
  readonly #open = new Set<number>()
  #remaining = 0
  #begun = 0

  constructor(have: Bitfield, wanted: Bitfield, order: PieceOrder, pieceLength: (piece: number) => number) {
    const { pieceCount } = have
    this.have = have
    this.sequential = order === 'sequential'
    this.#pieceLength = pieceLength
    this.#ranks = new Uint8Array(pieceCount)
    this.#availability = new Uint16Array(pieceCount)
    this.#picker = this.sequential ? new SequentialPicker(pieceCount) : new RarestFirstPicker(pieceCount)
    for (const piece of wanted) this.setPriority(piece, 'normal')
  }

  /** Number of wanted pieces that are not complete. */
  get remaining(): number {
    return this.#remaining
  }

  stateOf(piece: number): PieceState {
    if (this.have.has(piece)) return 'have'
    const active = this.#active.get(piece)
    if (active === undefined) return 'missing'
    return active.isComplete ? 'verifying' : 'active'
  }

  isWanted(piece: number): boolean {
    return this.#ranks[piece] !== NOT_PICKABLE
  }

  availabilityOf(piece: number): number {
    return this.#availability[piece] ?? 0
  }

  setPriority(piece: number, priority: PiecePriority): void {
    const before = this.isWanted(piece)
    this.#ranks[piece] = PRIORITY_RANKS[priority]
    if (!this.have.has(piece)) this.#remaining += Number(this.isWanted(piece)) - Number(before)
    this.#place(piece)
  }

  /** Adjusts the number of peers that have the piece. */
  count(piece: number, by: 1 | -1): void {
    this.#availability[piece] = this.availabilityOf(piece) + by
    this.#place(piece)
  }

  /** The piece if it is in progress. */
  active(piece: number): ActivePiece<Key> | undefined {
    return this.#active.get(piece)
  }

  isActive(active: ActivePiece<Key>): boolean {
    return this.#active.get(active.piece) === active
  }

  /** The wanted pieces in progress, oldest first. */
  activePieces(): ActivePiece<Key>[] {
    return [...this.#active.values()].filter(({ piece }) => this.isWanted(piece))
  }

  /** Those with a block that is not requested from any peer; in sequential order, lowest first. */
  openPieces(): ActivePiece<Key>[] {
    const open = [...this.#open].filter((piece) => this.isWanted(piece))
    if (this.sequential) open.sort((a, b) => a - b)
    return open.flatMap((piece) => this.#active.get(piece) ?? [])
  }

  /** Makes the best piece of a peer active; undefined when it has none, or too many are active. */
  begin(theirs: Bitfield, random: Random): ActivePiece<Key> | undefined {
    if (this.#active.size >= MAX_ACTIVE_PIECES) return undefined
    const atRandom = this.#begun < RANDOM_FIRST_PIECES && !this.sequential
    const choice = this.#picker.pick(theirs, atRandom ? RANDOM_FIRST_CHOICE : 1, random)
    const piece = choice[atRandom ? Math.floor(random() * choice.length) : 0]
    if (piece === undefined) return undefined
    const active = new ActivePiece<Key>(piece, this.#pieceLength(piece))
    this.#begun++
    this.#active.set(piece, active)
    this.#open.add(piece)
    this.#place(piece)
    return active
  }

  /** Call this after blocks of a piece were requested, released or received. */
  changed(active: ActivePiece<Key>): void {
    if (!this.isActive(active)) return
    // an untouched piece is returned, or peers that come and go would fill the list of active pieces
    if (active.isUntouched) this.#end(active.piece)
    else if (active.firstMissing() === undefined) this.#open.delete(active.piece)
    else this.#open.add(active.piece)
  }

  /**
   * Ends a piece whose blocks are all received.
   * @throws RangeError when the piece is in another state
   */
  finish(piece: number, ok: boolean): ActivePiece<Key> {
    const active = this.#active.get(piece)
    if (active === undefined || !active.isComplete) throw new RangeError(`piece ${piece} is not verifying`)
    if (ok && this.have.set(piece) && this.isWanted(piece)) this.#remaining--
    this.#end(piece)
    return active
  }

  #end(piece: number): void {
    this.#active.delete(piece)
    this.#open.delete(piece)
    this.#place(piece)
  }

  #place(piece: number): void {
    const taken = this.have.has(piece) || this.#active.has(piece)
    const rank = taken ? NOT_PICKABLE : (this.#ranks[piece] as number)
    this.#picker.update(piece, rank, this.availabilityOf(piece))
  }
}
