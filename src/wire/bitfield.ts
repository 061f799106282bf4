import { copyBytes } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { INSPECT, type Inspect, inspectAs } from '../base/inspect.ts'
import { MAX_PIECES } from '../base/limits.ts'
import { bitfieldLength, validateBitfieldLength } from './bitfield-length.ts'

/** A range of consecutive pieces, inclusive. */
export type PieceRange = readonly [first: number, last: number]

/** Bits set in each byte value. */
const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let rest = byte; rest > 0; rest >>>= 1) count += rest & 1
  return count
})

const ALL_RANGES = 10_000

/** In the output of `console.log`. */
const SHOWN_RANGES = 20

/**
 * The pieces that a peer has: one bit per piece; the high bit of byte 0 is piece 0. The piece count is fixed, and bits past
 * it never count. `count`, `percent`, `isComplete` and `isEmpty` take constant time.
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer messages"
 */
export class Bitfield {
  readonly pieceCount: number
  /**
   * Positions of bits past the last piece that were set in the bytes given to `fromBytes`, at most seven. BEP 3 requires
   * them to be zero; clients do not check. They are not in `toBytes` and in no count.
   */
  readonly spareBits: readonly number[]
  readonly #bytes: Uint8Array
  #count: number

  /**
   * Creates an empty bitfield, or one from `bytes`, which must have the right length.
   * @throws RangeError when the piece count is not an integer from 0 to MAX_PIECES
   * @throws PeerError E_MALFORMED_MESSAGE when `bytes` is not exactly ceil(pieceCount / 8) long
   */
  constructor(pieceCount: number, bytes?: Uint8Array) {
    const length = bitfieldLength(pieceCount)
    this.pieceCount = pieceCount
    if (bytes === undefined) {
      this.#bytes = new Uint8Array(length)
      this.#count = 0
      this.spareBits = []
      return
    }
    const check = validateBitfieldLength(bytes.length, pieceCount)
    if (!check.ok) throw new PeerError('E_MALFORMED_MESSAGE', check.reason, { reference: 'BEP 3' })
    this.#bytes = copyBytes(bytes)
    this.spareBits = takeSpareBits(this.#bytes, pieceCount)
    this.#count = countBits(this.#bytes)
  }

  /**
   * Reads the payload of a *bitfield* message; the bytes are copied. Spare bits that are set are listed in `spareBits`.
   * @throws PeerError E_MALFORMED_MESSAGE when the length is not exactly ceil(pieceCount / 8)
   */
  static fromBytes(bytes: Uint8Array, pieceCount: number): Bitfield {
    return new Bitfield(pieceCount, bytes)
  }

  /** The bitfield of a seed. */
  static full(pieceCount: number): Bitfield {
    const bytes = new Uint8Array(bitfieldLength(pieceCount)).fill(0xff)
    takeSpareBits(bytes, pieceCount)
    return new Bitfield(pieceCount, bytes)
  }

  /** Number of pieces set. */
  get count(): number {
    return this.#count
  }

  /** Percentage of pieces set, 0 to 100, not rounded; 100 for a torrent without pieces. */
  get percent(): number {
    return this.pieceCount === 0 ? 100 : (this.#count / this.pieceCount) * 100
  }

  get isComplete(): boolean {
    return this.#count === this.pieceCount
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Whether the piece is set; false for an index that does not exist. */
  has(index: number): boolean {
    return index < this.pieceCount && hasBit(this.#bytes, index)
  }

  /**
   * Sets a piece. Returns true when it was not set before.
   * @throws RangeError when the piece does not exist: check an index from a peer against `pieceCount` first
   */
  set(index: number): boolean {
    this.#check(index)
    if (this.has(index)) return false
    setBit(this.#bytes, index)
    this.#count++
    return true
  }

  /**
   * Clears a piece. Returns true when it was set before.
   * @throws RangeError when the piece does not exist
   */
  clear(index: number): boolean {
    this.#check(index)
    if (!this.has(index)) return false
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] as number) & ~bitOf(index)
    this.#count--
    return true
  }

  /** The indexes of the set pieces, ascending. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    yield* indexesOf(this.#bytes.length, (at) => this.#bytes[at] as number)
  }

  /**
   * The pieces that are set here and not in `other`, ascending: `theirs.missingFrom(ours)` lists the pieces to request.
   * @throws RangeError when the two have different piece counts
   */
  *missingFrom(other: Bitfield): Generator<number, void, undefined> {
    if (other.pieceCount !== this.pieceCount)
      throw new RangeError(`bitfields of ${this.pieceCount} and ${other.pieceCount} pieces`)
    yield* indexesOf(
      this.#bytes.length,
      (at) => (this.#bytes[at] as number) & ~(other.#bytes[at] as number) & 0xff,
    )
  }

  /** The ranges of set pieces, ascending. */
  *ranges(): Generator<PieceRange, void, undefined> {
    let first = -1
    let last = -1
    for (const index of this) {
      if (index === last + 1 && first !== -1) {
        last = index
        continue
      }
      if (first !== -1) yield [first, last]
      first = index
      last = index
    }
    if (first !== -1) yield [first, last]
  }

  /** The ranges as text, e.g. `0-5,7`. Because a peer controls their number, the text ends in `,...` after `maxRanges` (default 10000). */
  renderRanges(maxRanges = ALL_RANGES): string {
    const parts: string[] = []
    for (const [first, last] of this.ranges()) {
      if (parts.length >= maxRanges) {
        parts.push('...')
        break
      }
      parts.push(first === last ? `${first}` : `${first}-${last}`)
    }
    return parts.join(',')
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { pieceCount, count, spareBits } = this
    const shown = { pieceCount, count, pieces: this.renderRanges(SHOWN_RANGES), spareBits: spareBits.length }
    return inspectAs('Bitfield', shown, options, inspect)
  }

  /** The payload of a *bitfield* message: a copy, spare bits zero. */
  toBytes(): Uint8Array {
    return this.#bytes.slice()
  }

  clone(): Bitfield {
    return new Bitfield(this.pieceCount, this.#bytes)
  }

  #check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.pieceCount)
      throw new RangeError(`piece ${index} is not in 0..${this.pieceCount - 1}`)
  }
}

/**
 * The *bitfield* and *have* messages of a peer while the piece count is unknown (a magnet link before its metadata). Holds
 * at most MAX_PIECES bits. `validate` returns the checked bitfield once the count is known.
 */
export class UnvalidatedBitfield {
  /** Length of the *bitfield* payload; undefined when there was none. */
  readonly byteLength: number | undefined
  #bytes: Uint8Array
  #highest = -1

  /** @throws PeerError E_MALFORMED_MESSAGE when there are more bits than MAX_PIECES */
  constructor(payload?: Uint8Array) {
    if (payload !== undefined && payload.length * 8 > MAX_PIECES)
      throw new PeerError('E_MALFORMED_MESSAGE', `bitfield of ${payload.length} bytes`, {
        reference: 'BEP 3',
      })
    this.byteLength = payload?.length
    this.#bytes = payload === undefined ? new Uint8Array() : copyBytes(payload)
  }

  /** The payload as received, updated by later *have* messages. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Number of bits set, including spare bits. */
  get count(): number {
    return countBits(this.#bytes)
  }

  /** Records a *have*. Returns false when the index cannot be valid: beyond MAX_PIECES or beyond the bitfield. */
  set(index: number): boolean {
    const bits = this.byteLength === undefined ? MAX_PIECES : this.byteLength * 8
    if (!Number.isInteger(index) || index < 0 || index >= bits) return false
    const at = index >>> 3
    if (at >= this.#bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_PIECES / 8, Math.max(at + 1, this.#bytes.length * 2)))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    setBit(this.#bytes, index)
    this.#highest = Math.max(this.#highest, index)
    return true
  }

  /**
   * Converts to the bitfield of a torrent of `pieceCount` pieces.
   * @throws PeerError E_MALFORMED_MESSAGE when the payload has the wrong length, or a *have* named a piece past the end
   */
  validate(pieceCount: number): Bitfield {
    const length = bitfieldLength(pieceCount)
    if (this.byteLength !== undefined && this.byteLength !== length)
      throw new PeerError(
        'E_MALFORMED_MESSAGE',
        `bitfield of ${this.byteLength} bytes, torrent has ${pieceCount} pieces, expected ${length}`,
        { reference: 'BEP 3' },
      )
    if (this.#highest >= pieceCount)
      throw new PeerError(
        'E_MALFORMED_MESSAGE',
        `have of piece ${this.#highest}, torrent has ${pieceCount}`,
        {
          reference: 'BEP 3',
        },
      )
    const bytes = new Uint8Array(length)
    bytes.set(this.#bytes.subarray(0, length))
    return Bitfield.fromBytes(bytes, pieceCount)
  }
}

/** Whether this bit is set in the payload of a *bitfield* message; false past its end. */
export function hasBit(bytes: Uint8Array, index: number): boolean {
  return ((bytes[index >>> 3] ?? 0) & bitOf(index)) !== 0
}

/** Sets a bit in the payload of a *bitfield* message; has no effect past its end. */
export function setBit(bytes: Uint8Array, index: number): void {
  const at = index >>> 3
  if (at < bytes.length) bytes[at] = (bytes[at] as number) | bitOf(index)
}

/** The bits past the last piece that are set in the payload of a *bitfield* message. */
export function spareBits(bytes: Uint8Array, pieceCount: number): readonly number[] {
  const spare: number[] = []
  for (let index = pieceCount; index < bytes.length * 8; index++) if (hasBit(bytes, index)) spare.push(index)
  return spare
}

function bitOf(index: number): number {
  return 0x80 >>> (index & 7)
}

function countBits(bytes: Uint8Array): number {
  let count = 0
  // an indexed loop is several times faster than for-of over two million bytes
  for (let at = 0; at < bytes.length; at++) count += BIT_COUNTS[bytes[at] as number] as number
  return count
}

/** Clears the bits past the last piece in place and returns which were set. */
function takeSpareBits(bytes: Uint8Array, pieceCount: number): readonly number[] {
  const spare = spareBits(bytes, pieceCount)
  if (spare.length > 0) bytes[bytes.length - 1] = (bytes.at(-1) as number) & (0xff00 >>> (pieceCount & 7))
  return spare
}

function* indexesOf(length: number, byteAt: (at: number) => number): Generator<number, void, undefined> {
  for (let at = 0; at < length; at++) {
    const byte = byteAt(at)
    if (byte === 0) continue
    for (let bit = 0; bit < 8; bit++) {
      if ((byte & (0x80 >>> bit)) !== 0) yield at * 8 + bit
    }
  }
}
