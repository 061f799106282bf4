import { MAX_BENCODE_DEPTH, MAX_BENCODE_ITEMS } from '../base/limits.ts'
import { toByteString } from '../base/bytes.ts'

/** An irregularity in bencode that can still be decoded: an observation about the sender, not a failure. */
export type BencodeIssue = 'unsorted-keys' | 'duplicate-key'

/** Limits for decoding. */
export interface BencodeLimits {
  /** Deepest nesting. Default 32. */
  readonly maxDepth?: number
  /** Most values, including keys. Default 65536. */
  readonly maxItems?: number
}

/** Options of a scanner. */
export interface ScannerOptions extends BencodeLimits {
  /** Whether numbers with leading zeros and minus zero are malformed, or read and counted. Default malformed. */
  readonly leadingZeros?: 'malformed' | 'counted'
}

/** How often an issue was found, and where it was found first. */
export interface IssueCount {
  count: number
  readonly offset: number
}

/** The kind of a value, from its first byte. */
export type BencodeKind = 'integer' | 'string' | 'list' | 'dictionary'

/** Thrown by `BencodeScanner` and caught by its users in this library, which return malformed input as a result. */
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

/** Longest number, in digits. Longer ones are refused before they are parsed as BigInt, which does not take linear time. */
const MAX_DIGITS = 40

/**
 * Reads bencode step by step, so that a caller keeps only what it needs. Every reading method starts at `at` and moves `at`
 * past what it read; all of them throw `MalformedBencode`. Strings share memory with the input.
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

  /** The kind of the next value; anything that is not an integer, list or dictionary must be a string. */
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

  /** Reads a list. Calls `item` at the start of each value; it must read the value. */
  list(item: () => void): void {
    this.#enter()
    while (!this.#leave()) item()
  }

  /**
   * Reads a dictionary. Calls `member` at the start of each value; it must read the value.
   * @param member `key` is a byte string (`toByteString`); `isFirst` is false for a duplicate key
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

  /** Skips one value; it is checked like any other. */
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

  /** @returns length of the string, which ends at `at` */
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

  /** Reads a number and the `end` byte after it. The number is not exact when it is not a safe integer. */
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
