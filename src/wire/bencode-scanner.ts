import { MAX_BENCODE_DEPTH, MAX_BENCODE_ITEMS } from '../base/limits.ts'
import { toByteString } from '../base/bytes.ts'

/** What is wrong with bencode that can be read all the same: an observation about the sender, not a failure. */
export type BencodeIssue = 'unsorted-keys' | 'duplicate-key'

/** Bounds on what is decoded. */
export interface BencodeLimits {
  /** Deepest nesting; default 32. */
  readonly maxDepth?: number
  /** Most values, keys included; default 65536. */
  readonly maxItems?: number
}

/** How a scanner reads. */
export interface ScannerOptions extends BencodeLimits {
  /** What becomes of numbers with leading zeros and of minus zero: they are malformed, or read and counted; default malformed. */
  readonly leadingZeros?: 'malformed' | 'counted'
}

/** How often an issue was found, and where first. */
export interface IssueCount {
  count: number
  readonly offset: number
}

/** What a value begins with. */
export type BencodeKind = 'integer' | 'string' | 'list' | 'dictionary'

/** Thrown by `BencodeScanner`, and caught where it is used: a mistake in the input is data, never an exception. */
export class MalformedBencode extends Error {
  readonly offset: number
  constructor(reason: string, offset: number) {
    super(reason)
    this.offset = offset
  }
}

const DIGIT_0 = 0x30
const COLON = 0x3a
const MINUS = 0x2d
const LETTER_D = 0x64
const LETTER_E = 0x65
const LETTER_I = 0x69
const LETTER_L = 0x6c

/** Longest number read, in digits: more is refused before it becomes a BigInt, whose parsing is not linear. */
const MAX_DIGITS = 40

/**
 * Reads bencode step by step, so that a caller keeps only what it needs. Every method that reads starts at `at` and leaves
 * `at` after what it read; all of them throw `MalformedBencode`. Strings share memory with the input.
 */
export class BencodeScanner {
  at: number
  readonly issues = new Map<BencodeIssue, IssueCount>()
  /** Numbers with leading zeros; undefined when there were none. */
  leadingZeros: IssueCount | undefined
  readonly #bytes: Uint8Array
  readonly #maxDepth: number
  readonly #onLeadingZero: 'malformed' | 'counted'
  #itemsLeft: number
  #depth = 0

  constructor(bytes: Uint8Array, limits: ScannerOptions, at = 0) {
    this.#bytes = bytes
    this.at = at
    this.#maxDepth = limits.maxDepth ?? MAX_BENCODE_DEPTH
    this.#itemsLeft = limits.maxItems ?? MAX_BENCODE_ITEMS
    this.#onLeadingZero = limits.leadingZeros ?? 'malformed'
  }

  /** What comes next; anything that is not an integer, list or dictionary has to be a string. */
  get next(): BencodeKind {
    switch (this.#bytes[this.at]) {
      case LETTER_I:
        return 'integer'
      case LETTER_L:
        return 'list'
      case LETTER_D:
        return 'dictionary'
      default:
        return 'string'
    }
  }

  integer(): number | bigint {
    this.#count()
    const start = this.at++
    const negative = this.#bytes[this.at] === MINUS
    if (negative) this.at++
    const firstDigit = this.at
    const magnitude = this.#number(LETTER_E)
    if (negative && magnitude === 0) this.#leadingZero('minus zero', start)
    if (Number.isSafeInteger(magnitude)) return negative ? 0 - magnitude : magnitude
    const exact = BigInt(toByteString(this.#bytes.subarray(firstDigit, this.at - 1)))
    return negative ? -exact : exact
  }

  string(): Uint8Array {
    const length = this.#skipString()
    return this.#bytes.subarray(this.at - length, this.at)
  }

  /** Calls `item` at the start of each value of a list; it has to read the value. */
  list(item: () => void): void {
    this.#enter()
    while (!this.#leave()) item()
  }

  /**
   * Calls `member` at the start of each value of a dictionary; it has to read the value.
   * @param member its key is a byte string (`toByteString`); `isFirst` is false for a key that came before
   */
  dictionary(member: (key: string, isFirst: boolean) => void): void {
    this.#enter()
    let previous: string | undefined
    let seen: Set<string> | undefined
    const inOrder: string[] = []
    while (!this.#leave()) {
      const start = this.at
      const key = toByteString(this.string())
      let isFirst = true
      if (previous !== undefined && key <= previous) {
        seen ??= new Set(inOrder)
        isFirst = !seen.has(key)
        this.#issue(isFirst ? 'unsorted-keys' : 'duplicate-key', start)
      }
      previous = key
      if (seen === undefined) inOrder.push(key)
      else seen.add(key)
      member(key, isFirst)
    }
  }

  /** Passes over one value, which is checked as any other. */
  skip(): void {
    switch (this.next) {
      case 'integer':
        this.integer()
        break
      case 'list':
        this.list(() => this.skip())
        break
      case 'dictionary':
        this.dictionary(() => this.skip())
        break
      default:
        this.#skipString()
    }
  }

  /** @returns how many bytes before `at` are the string */
  #skipString(): number {
    this.#count()
    const start = this.at
    const length = this.#number(COLON)
    if (length > this.#bytes.length - this.at) throw new MalformedBencode('string runs past the end', start)
    this.at += length
    return length
  }

  #count(): void {
    if (this.#itemsLeft-- <= 0) throw new MalformedBencode('too many values', this.at)
  }

  #issue(issue: BencodeIssue, offset: number): void {
    const known = this.issues.get(issue)
    if (known === undefined) this.issues.set(issue, { count: 1, offset })
    else known.count++
  }

  #enter(): void {
    this.#count()
    if (this.#depth >= this.#maxDepth)
      throw new MalformedBencode(`nested deeper than ${this.#maxDepth}`, this.at)
    this.#depth++
    this.at++
  }

  #leave(): boolean {
    if (this.at >= this.#bytes.length) throw new MalformedBencode('ends inside a list or dictionary', this.at)
    if (this.#bytes[this.at] !== LETTER_E) return false
    this.#depth--
    this.at++
    return true
  }

  /** The number up to `end`, which is passed over; no longer exact when it is not a safe integer. */
  #number(end: number): number {
    const start = this.at
    let value = 0
    for (; ; this.at++) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) throw new MalformedBencode('ends inside a number', this.at)
      if (byte === end) break
      if (byte < DIGIT_0 || byte > DIGIT_0 + 9) throw new MalformedBencode('not a digit', this.at)
      if (this.at - start >= MAX_DIGITS) throw new MalformedBencode('number too long', start)
      value = value * 10 + (byte - DIGIT_0)
    }
    const digits = this.at - start
    if (digits === 0) throw new MalformedBencode('number without digits', start)
    if (digits > 1 && this.#bytes[start] === DIGIT_0) this.#leadingZero('leading zero', start)
    this.at++
    return value
  }

  #leadingZero(reason: string, offset: number): void {
    if (this.#onLeadingZero === 'malformed') throw new MalformedBencode(reason, offset)
    if (this.leadingZeros === undefined) this.leadingZeros = { count: 1, offset }
    else this.leadingZeros.count++
  }
}
