import bencode from 'bencode'
import { concat, encodeUtf8, fromByteString, toByteString } from '../base/bytes.ts'
import { type BencodeIssue, type BencodeLimits, BencodeScanner, MalformedBencode } from './bencode-scanner.ts'

/**
 * A bencoded value. Byte strings stay bytes. Dictionary keys are byte strings too, stored with one character per byte
 * (`toByteString`), so that a Map can look them up. Integers outside +-(2^53 - 1) are bigint, never rounded.
 */
export type BencodeValue = number | bigint | Uint8Array | readonly BencodeValue[] | BencodeDictionary
/** Members by key; a key is a byte string with one character per byte (`toByteString`). */
export type BencodeDictionary = ReadonlyMap<string, BencodeValue>

/** The value and its irregularities, or why it is malformed. An error by the peer is data, never an exception. */
export type BencodeResult =
  | {
      readonly ok: true
      readonly value: BencodeValue
      /** Bytes read. Other data may follow (ut_metadata appends raw data). */
      readonly length: number
      readonly issues: readonly BencodeIssue[]
    }
  | { readonly ok: false; readonly reason: string; /** Where in the input. */ readonly offset: number }

/**
 * Decodes the value at the start of `bytes`. Strict about numbers and lengths, bounded in depth and count, and linear in
 * time; never throws on input. Strings share memory with `bytes`. Unsorted and duplicate keys are accepted (the first of
 * two wins) and listed in `issues`.
 * @see https://www.bittorrent.org/beps/bep_0003.html "bencoding"
 */
export function decodeBencode(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeResult {
  return attempt(() => {
    const scanner = new BencodeScanner(bytes, limits)
    const value = readValue(scanner)
    return { ok: true, value, length: scanner.at, issues: [...scanner.issues.keys()] }
  })
}

/** Like `decodeBencode`, but the value must be a dictionary. */
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

/** Like `BencodeResult`, for a dictionary, with the raw bytes of its members. */
export type BencodeMembersResult =
  | Extract<BencodeResult, { ok: false }>
  | {
      readonly ok: true
      readonly value: BencodeDictionary
      readonly length: number
      readonly issues: readonly BencodeIssue[]
      /** Offset of the first key with an issue. */
      readonly issueOffset: number | undefined
      /** The raw bytes of each top-level member, for hashes and signatures; shares memory with the input. */
      readonly slices: ReadonlyMap<string, Uint8Array>
    }

/** Like `decodeBencodeDictionary`, with the raw bytes of every top-level member: an info hash covers bytes, not values. */
export function decodeBencodeMembers(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeMembersResult {
  return attempt((): BencodeMembersResult => {
    const scanner = new BencodeScanner(bytes, limits)
    if (scanner.next !== 'dictionary') {
      scanner.skip()
      return { ok: false, reason: 'not a dictionary', offset: 0 }
    }
    const slices = new Map<string, Uint8Array>()
    const value = readDictionary(scanner, (key, start, end) => slices.set(key, bytes.subarray(start, end)))
    const { at: length, issues } = scanner
    const places = Array.from(issues.values(), ({ offset }) => offset)
    const issueOffset = places.length === 0 ? undefined : Math.min(...places)
    return { ok: true, value, length, issues: [...issues.keys()], issueOffset, slices }
  })
}

/** Reads one value, including nested ones. */
function readValue(scanner: BencodeScanner): BencodeValue {
  switch (scanner.next) {
    case 'integer':
      return scanner.integer()
    case 'list': {
      const values: BencodeValue[] = []
      scanner.list(() => values.push(readValue(scanner)))
      return values
    }
    case 'dictionary':
      return readDictionary(scanner)
    default:
      return scanner.string()
  }
}

/** @param onMember gets the offsets where the value of each member begins and ends */
function readDictionary(
  scanner: BencodeScanner,
  onMember?: (key: string, start: number, end: number) => void,
): BencodeDictionary {
  const values = new Map<string, BencodeValue>()
  scanner.dictionary((key, isFirst) => {
    const start = scanner.at
    const value = readValue(scanner)
    if (!isFirst) return
    values.set(key, value)
    onMember?.(key, start, scanner.at)
  })
  return values
}

/** Returns the result of `read`, or why the input is malformed. */
function attempt<T>(read: () => T): T | Extract<BencodeResult, { ok: false }> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedBencode)) throw error
    return { ok: false, reason: error.message, offset: error.offset }
  }
}

/** A value that `encodeBencode` accepts. Text, and keys of plain objects, are encoded as UTF-8. */
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
 * Encodes canonically: dictionary keys in byte order, each once; undefined members are omitted. Dictionaries, lists and
 * bigints are handled here, because the `bencode` package sorts keys by UTF-16 and drops bigints; it encodes the rest.
 * @throws RangeError for a number that is not a safe integer, or a Map key with a character above U+00FF
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
    // one by one: a call takes about 100 000 arguments at most, and piece layers may have more members
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

/** The member if it is a safe integer, else undefined. */
export function integerOf(dictionary: BencodeDictionary, key: string): number | undefined {
  const value = dictionary.get(key)
  return typeof value === 'number' ? value : undefined
}

/** The member if it is a byte string, else undefined. */
export function bytesOf(dictionary: BencodeDictionary, key: string): Uint8Array | undefined {
  const value = dictionary.get(key)
  return value instanceof Uint8Array ? value : undefined
}

/** The member if it is a dictionary, else undefined. */
export function dictionaryOf(dictionary: BencodeDictionary, key: string): BencodeDictionary | undefined {
  const value = dictionary.get(key)
  return value instanceof Map ? value : undefined
}

/** The member if it is a list, else undefined. */
export function listOf(dictionary: BencodeDictionary, key: string): readonly BencodeValue[] | undefined {
  const value = dictionary.get(key)
  return Array.isArray(value) ? value : undefined
}
