import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'
import { MAX_PIECES } from '../../base/limits.ts'
import { Bitfield, hasBit, UnvalidatedBitfield } from '../../wire/bitfield.ts'
import { bitfieldLength, validateBitfieldLength } from '../../wire/bitfield-length.ts'

/** How the peer announced its pieces. `haves`: single *have* messages only; `none`: nothing yet. */
export type AvailabilitySource = 'have-all' | 'have-none' | 'bitfield' | 'haves' | 'none'

/** The pieces that one peer claims to have, from bitfield, have-all, have-none and have, with or without a known piece count. */
export class PeerAvailability {
  #pieceCount: number | undefined
  #source: AvailabilitySource = 'none'
  /** Set while the piece count is known. */
  #bitfield: Bitfield | undefined
  /** Set while the piece count is unknown, or when the peer's bitfield has the wrong length. */
  #unvalidated: UnvalidatedBitfield | undefined

  /** @param pieceCount undefined while it is unknown (a bare info hash) */
  constructor(pieceCount?: number) {
    this.#pieceCount = pieceCount
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { source, pieceCount, misfit } = this
    const bits = this.bitfield ?? this.unvalidated
    return inspectAs('PeerAvailability', { source, pieceCount, count: bits?.count, misfit }, options, inspect)
  }

  get source(): AvailabilitySource {
    return this.#source
  }

  get pieceCount(): number | undefined {
    return this.#pieceCount
  }

  /** The checked bitfield; undefined while the piece count is unknown, or when the peer's bitfield does not fit it. */
  get bitfield(): Bitfield | undefined {
    if (this.#pieceCount === undefined) return undefined
    if (this.#source === 'have-all') return Bitfield.full(this.#pieceCount)
    return this.#bitfield ?? (this.#unvalidated === undefined ? new Bitfield(this.#pieceCount) : undefined)
  }

  /** The bits as received, while the piece count is unknown. */
  get unvalidated(): UnvalidatedBitfield | undefined {
    return this.#unvalidated
  }

  /** Why the peer's bitfield does not fit the piece count; undefined when it does, or the count is unknown. */
  get misfit(): string | undefined {
    const length = this.#unvalidated?.byteLength
    if (this.#pieceCount === undefined || length === undefined) return undefined
    const check = validateBitfieldLength(length, this.#pieceCount)
    return check.ok ? undefined : check.reason
  }

  /** Whether the peer claims the piece. While the piece count is unknown, this is not checked against it. */
  has(piece: number): boolean {
    if (this.#pieceCount !== undefined && piece >= this.#pieceCount) return false
    if (this.#source === 'have-all') return true
    if (this.#pieceCount !== undefined) return this.#bitfield?.has(piece) ?? false
    const bits = this.#unvalidated?.bytes
    return bits !== undefined && hasBit(bits, piece)
  }

  /** Whether the peer claims no piece, as far as what it said can be read. */
  get isEmpty(): boolean {
    if (this.#source === 'have-all') return false
    return this.bitfield?.isEmpty ?? (this.#unvalidated?.count ?? 0) === 0
  }

  haveAllReceived(): void {
    this.#replace('have-all', undefined)
  }

  haveNoneReceived(): void {
    this.#replace('have-none', undefined)
  }

  /** Handles a *bitfield*. One of the wrong length is kept unchecked and has no effect; the rules report it. */
  bitfieldReceived(bits: Uint8Array): void {
    if (bits.length * 8 <= MAX_PIECES) this.#replace('bitfield', bits)
  }

  /** Handles a *have*. An index past the end has no effect. */
  haveReceived(piece: number): void {
    if (piece >= (this.#pieceCount ?? MAX_PIECES)) return
    if (this.#source === 'have-all') return
    if (this.#source === 'none') this.#source = 'haves'
    if (this.#pieceCount !== undefined) {
      this.#bitfield ??= new Bitfield(this.#pieceCount)
      this.#bitfield.set(piece)
      return
    }
    this.#unvalidated ??= new UnvalidatedBitfield()
    this.#unvalidated.set(piece)
  }

  /** Handles *lt_donthave* (BEP 54): the peer lost a piece. */
  lost(piece: number): void {
    if (this.#pieceCount === undefined || piece >= this.#pieceCount) return
    if (this.#source === 'have-all') this.#bitfield = Bitfield.full(this.#pieceCount)
    if (this.#source === 'have-all') this.#source = 'bitfield'
    this.#bitfield?.clear(piece)
  }

  /** Sets the piece count once the metadata is known. What was received so far is checked against it, and kept if it fits. */
  setPieceCount(pieceCount: number): void {
    this.#pieceCount = pieceCount
    const { bytes, byteLength } = this.#unvalidated ?? {}
    if (bytes === undefined) return
    if (byteLength !== undefined && byteLength !== bitfieldLength(pieceCount)) return
    const checked = new Uint8Array(bitfieldLength(pieceCount))
    checked.set(bytes.subarray(0, checked.length))
    this.#bitfield = Bitfield.fromBytes(checked, pieceCount)
    this.#unvalidated = undefined
  }

  #replace(source: 'have-all' | 'have-none' | 'bitfield', bits: Uint8Array | undefined): void {
    this.#source = source
    this.#bitfield = undefined
    this.#unvalidated = undefined
    if (bits === undefined) return
    this.#unvalidated = new UnvalidatedBitfield(bits)
    if (this.#pieceCount !== undefined) this.setPieceCount(this.#pieceCount)
  }
}
