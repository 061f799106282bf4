import bencode from 'bencode'
import { concat, encodeUtf8, fromByteString, toByteString } from '../base/bytes.ts'
import { MAX_BENCODE_DEPTH, MAX_BENCODE_ITEMS } from '../base/limits.ts'

/**
 * A bencoded value. Byte strings stay bytes; dictionary keys are byte strings too, held one character a byte
 * (`toByteString`), so that a Map can look them up. Integers outside +-(2^53 - 1) are bigint, never rounded.
 */
export type BencodeValue = number | bigint | Uint8Array | readonly BencodeValue[] | BencodeDictionary
/** Members by key; a key is a byte string, one character a byte (`toByteString`). */
export type BencodeDictionary = ReadonlyMap<string, BencodeValue>

/** What is wrong with bencode that can be read all the same: an observation about the sender, not a failure. */
export type BencodeIssue = 'unsorted-keys' | 'duplicate-key'

/** The value and what is odd about it, or why there is none. A mistake of the peer is data, never an exception. */
export type BencodeResult =
  | {
      readonly ok: true
      readonly value: BencodeValue
      /** Bytes read; what follows belongs to somebody else (ut_metadata appends raw data). */
      readonly length: number
      readonly issues: readonly BencodeIssue[]
    }
  | { readonly ok: false; readonly reason: string; /** Where in the input. */ readonly offset: number }

/** Bounds on what is decoded. */
export interface BencodeLimits {
  /** Deepest nesting; default 32. */
  readonly maxDepth?: number
  /** Most values, keys included; default 65536. */
  readonly maxItems?: number
}

class Malformed extends Error {
  readonly offset: number
  constructor(reason: string, offset: number) {
    super(reason)
    this.offset = offset
  }
}

/**
 * Decodes the one value at the start of `bytes`. Strict about numbers and lengths, bounded in depth and count,
 * and linear in time; never throws on input. Strings share memory with `bytes`. Unsorted and duplicate keys
 * are read (the first of two wins) and named in `issues`.
 * @see https://www.bittorrent.org/beps/bep_0003.html "bencoding"
 */
export function decodeBencode(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeResult {
  const scanner = new Scanner(bytes, limits)
  try {
    const value = scanner.value(0)
    return { ok: true, value, length: scanner.at, issues: [...scanner.issues] }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { ok: false, reason: error.message, offset: error.offset }
  }
}

/** As `decodeBencode`, and the value must be a dictionary. */
export function decodeBencodeDictionary(
  bytes: Uint8Array,
  limits: BencodeLimits = {},
):
  | Extract<BencodeResult, { ok: false }>
  | (Extract<BencodeResult, { ok: true }> & { readonly value: BencodeDictionary }) {
  const result = decodeBencode(bytes, limits)
  if (!result.ok) return result
  const { value } = result
  return value instanceof Map ? { ...result, value } : { ok: false, reason: 'not a dictionary', offset: 0 }
}

/** As `BencodeResult`, of a dictionary, with the raw bytes of its members. */
export type BencodeMembersResult =
  | Extract<BencodeResult, { ok: false }>
  | {
      readonly ok: true
      readonly value: BencodeDictionary
      readonly length: number
      readonly issues: readonly BencodeIssue[]
      /** Where the first key is that has an issue. */
      readonly issueOffset: number | undefined
      /** The value of each top-level member as it came, for what is hashed or signed; shares memory with the input. */
      readonly slices: ReadonlyMap<string, Uint8Array>
    }

/** As `decodeBencodeDictionary`, with the raw bytes of every top-level member: an info hash is over bytes, not over values. */
export function decodeBencodeMembers(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeMembersResult {
  const slices = new Map<string, Uint8Array>()
  const scanner = new Scanner(bytes, limits, slices)
  try {
    const value = scanner.value(0)
    if (!(value instanceof Map)) return { ok: false, reason: 'not a dictionary', offset: 0 }
    const { at: length, issueOffset } = scanner
    return { ok: true, value, length, issues: [...scanner.issues], issueOffset, slices }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { ok: false, reason: error.message, offset: error.offset }
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

class Scanner {
  at = 0
  readonly issues = new Set<BencodeIssue>()
  issueOffset: number | undefined
  readonly #slices: Map<string, Uint8Array> | undefined
  readonly #bytes: Uint8Array
  readonly #maxDepth: number
  #itemsLeft: number

  /** @param slices is filled with the members of the top-level dictionary */
  constructor(bytes: Uint8Array, limits: BencodeLimits, slices?: Map<string, Uint8Array>) {
    this.#bytes = bytes
    this.#slices = slices
    this.#maxDepth = limits.maxDepth ?? MAX_BENCODE_DEPTH
    this.#itemsLeft = limits.maxItems ?? MAX_BENCODE_ITEMS
  }

  value(depth: number): BencodeValue {
    if (this.#itemsLeft-- <= 0) throw new Malformed('too many values', this.at)
    switch (this.#bytes[this.at]) {
      case LETTER_I:
        return this.#integer()
      case LETTER_L:
        return this.#list(depth)
      case LETTER_D:
        return this.#dictionary(depth)
      default:
        return this.#string()
    }
  }

  #integer(): number | bigint {
    const start = this.at++
    const negative = this.#bytes[this.at] === MINUS
    if (negative) this.at++
    const digits = this.#digits(LETTER_E)
    if (negative && digits === '0') throw new Malformed('minus zero', start)
    const text = negative ? `-${digits}` : digits
    const value = Number(text)
    return Number.isSafeInteger(value) ? value : BigInt(text)
  }

  #string(): Uint8Array {
    const start = this.at
    const length = Number(this.#digits(COLON))
    if (length > this.#bytes.length - this.at) throw new Malformed('string runs past the end', start)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  #list(depth: number): BencodeValue[] {
    const values: BencodeValue[] = []
    for (this.#enter(depth); !this.#leave();) values.push(this.value(depth + 1))
    return values
  }

  #dictionary(depth: number): BencodeDictionary {
    const values = new Map<string, BencodeValue>()
    let previous: string | undefined
    for (this.#enter(depth); !this.#leave();) {
      if (this.#itemsLeft-- <= 0) throw new Malformed('too many values', this.at)
      const start = this.at
      const key = toByteString(this.#string())
      if (previous !== undefined && key <= previous) {
        this.issues.add(values.has(key) ? 'duplicate-key' : 'unsorted-keys')
        this.issueOffset ??= start
      }
      previous = key
      const valueStart = this.at
      const value = this.value(depth + 1)
      if (values.has(key)) continue
      values.set(key, value)
      if (depth === 0) this.#slices?.set(key, this.#bytes.subarray(valueStart, this.at))
    }
    return values
  }

  #enter(depth: number): void {
    if (depth >= this.#maxDepth) throw new Malformed(`nested deeper than ${this.#maxDepth}`, this.at)
    this.at++
  }

  #leave(): boolean {
    if (this.at >= this.#bytes.length) throw new Malformed('ends inside a list or dictionary', this.at)
    if (this.#bytes[this.at] !== LETTER_E) return false
    this.at++
    return true
  }

  /** The digits up to `end`, which is passed over: at least one, no leading zero. */
  #digits(end: number): string {
    const start = this.at
    let text = ''
    for (; ; this.at++) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) throw new Malformed('ends inside a number', this.at)
      if (byte === end) break
      if (byte < DIGIT_0 || byte > DIGIT_0 + 9) throw new Malformed('not a digit', this.at)
      if (text.length >= MAX_DIGITS) throw new Malformed('number too long', start)
      text += String.fromCharCode(byte)
    }
    if (text === '') throw new Malformed('number without digits', start)
    if (text.length > 1 && text.startsWith('0')) throw new Malformed('leading zero', start)
    this.at++
    return text
  }
}

/** What `encodeBencode` takes: text is written as UTF-8, keys of plain objects likewise. */
export type BencodeInput =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly BencodeInput[]
  | ReadonlyMap<string, BencodeInput>
  | { readonly [key: string]: BencodeInput | undefined }

const ascii = (text: string): Uint8Array => fromByteString(text)

/**
 * Encodes canonically: dictionary keys in byte order, each once; undefined members are left out. Dictionaries,
 * lists and bigints are walked here because `bencode` sorts keys by UTF-16 and drops bigints; it writes the rest.
 * @throws RangeError for a number that is no safe integer, or a Map key with a character above U+00FF
 */
export function encodeBencode(value: BencodeInput): Uint8Array {
  const parts: Uint8Array[] = []
  write(parts, value)
  return concat(parts)
}

function write(parts: Uint8Array[], value: BencodeInput): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`not a safe integer: ${value}`)
  if (typeof value === 'bigint') {
    parts.push(ascii(`i${value}e`))
  } else if (typeof value !== 'object' || value instanceof Uint8Array) {
    parts.push(bencode.encode(value))
  } else if (isList(value)) {
    parts.push(ascii('l'))
    for (const item of value) write(parts, item)
    parts.push(ascii('e'))
  } else {
    parts.push(ascii('d'))
    for (const [key, member] of sortedMembers(value)) {
      parts.push(bencode.encode(fromByteString(key)))
      write(parts, member)
    }
    parts.push(ascii('e'))
  }
}

function isList(value: object): value is readonly BencodeInput[] {
  return Array.isArray(value)
}

function sortedMembers(
  value: Exclude<BencodeInput, number | bigint | string | Uint8Array | readonly BencodeInput[]>,
) {
  const members: [string, BencodeInput][] = []
  if (value instanceof Map) {
    // one by one: a call takes some 100 000 arguments, and the piece layers of a torrent may have more members
    for (const member of value as ReadonlyMap<string, BencodeInput>) members.push(member)
  } else {
    for (const [key, member] of Object.entries(
      value as { readonly [key: string]: BencodeInput | undefined },
    )) {
      if (member !== undefined) members.push([toByteString(encodeUtf8(key)), member])
    }
  }
  return members.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The member when it is an integer that a number holds exactly, else undefined. */
export function integerOf(dictionary: BencodeDictionary, key: string): number | undefined {
  const value = dictionary.get(key)
  return typeof value === 'number' ? value : undefined
}

/** The member when it is a byte string, else undefined. */
export function bytesOf(dictionary: BencodeDictionary, key: string): Uint8Array | undefined {
  const value = dictionary.get(key)
  return value instanceof Uint8Array ? value : undefined
}

/** The member when it is a dictionary, else undefined. */
export function dictionaryOf(dictionary: BencodeDictionary, key: string): BencodeDictionary | undefined {
  const value = dictionary.get(key)
  return value instanceof Map ? value : undefined
}

/** The member when it is a list, else undefined. */
export function listOf(dictionary: BencodeDictionary, key: string): readonly BencodeValue[] | undefined {
  const value = dictionary.get(key)
  return Array.isArray(value) ? value : undefined
}
