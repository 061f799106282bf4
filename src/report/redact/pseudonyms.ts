import { sha256 } from '@noble/hashes/sha2.js'
import { concat, encodeUtf8, fromHex, toHex } from '../../base/bytes.ts'
import { MAX_PSEUDONYMS } from '../../base/limits.ts'
import { IPV4_LENGTH, parseIpAddress, renderIpAddress, unmapIpv4 } from '../../wire/address.ts'
import { INFO_HASH_LENGTH } from '../../wire/torrent/info-hash.ts'
import type { KnownText } from './known-text.ts'
import { pseudonymousPeerId } from './peer-id.ts'

/**
 * The pseudonyms of one run: the same thing always gets the same one. Hashes and ids are derived with a secret key, so they
 * cannot be computed from the original; everything else is numbered. What is a pseudonym already stays.
 */
export class Pseudonyms {
  readonly #key: Uint8Array
  readonly #known: KnownText
  readonly #addresses = new Map<string, Uint8Array>()
  readonly #hosts = new Map<string, string>()
  readonly #names = new Map<string, string>()
  readonly #ids = new Map<string, Uint8Array>()
  readonly #issued = new Set<string>()
  #ipv4 = 0
  #ipv6 = 0

  /** @param key random, for this run only */
  constructor(key: Uint8Array, known: KnownText) {
    this.#key = key
    this.#known = known
  }

  /**
   * An address of 4 or 16 bytes. Those that name nobody stay: unspecified, broadcast, and of the ranges for documentation, as
   * in what was redacted before.
   */
  address(bytes: Uint8Array): Uint8Array {
    const inner = unmapIpv4(bytes)
    if (inner.length < bytes.length) return concat([bytes.subarray(0, 12), this.address(inner)])
    const hex = toHex(bytes)
    if (/^(?:0*|f*)$/.test(hex) || this.#issued.has(hex)) return bytes
    if (isDocumentation(bytes)) {
      if (this.#issued.size < 4 * MAX_PSEUDONYMS) this.#issued.add(hex)
      return bytes
    }
    const known = this.#addresses.get(hex)
    if (known !== undefined) return known
    const pseudonym = this.#nextAddress(bytes)
    if (this.#addresses.size >= MAX_PSEUDONYMS) return pseudonym
    this.#addresses.set(hex, pseudonym)
    this.#issued.add(toHex(pseudonym))
    this.#known.address(bytes, renderIpAddress(bytes), renderIpAddress(pseudonym))
    return pseudonym
  }

  /** An address or a name. */
  host(text: string): string {
    const [plain = '', zone] = text.split('%', 2)
    const bytes = parseIpAddress(plain)
    if (bytes !== undefined) return `${renderIpAddress(this.address(bytes))}${zone === undefined ? '' : '%0'}`
    if (text === '' || text === 'localhost' || /^peer-\d+\.invalid$/.test(text)) return text
    const key = text.toLowerCase()
    const known = this.#hosts.get(key)
    if (known !== undefined) return known
    return this.#learn(this.#hosts, key, text, `peer-${this.#number(this.#hosts, key)}.invalid`)
  }

  /** A host, with or without a port, which stays. IPv6 addresses with a port are in brackets. */
  place(text: string): string {
    const [, bracketed, rest = ''] = /^\[([^\]]*)\](.*)$/.exec(text) ?? []
    if (bracketed !== undefined) return `[${this.host(bracketed)}]${rest}`
    const [, host, port] = /^([^:]*)(:\d+)$/.exec(text) ?? []
    return host === undefined ? this.host(text) : `${this.host(host)}${port}`
  }

  /** A file, a torrent, a label. */
  name(text: string): string {
    if (text === '' || text === '-' || /^name-\d+$/.test(text)) return text
    const known = this.#names.get(text)
    if (known !== undefined) return known
    return this.#learn(this.#names, text, text, `name-${this.#number(this.#names, text)}`)
  }

  /** A path: each of its names. `-`, `.` and `..` stay. */
  path(text: string): string {
    const path = text
      .split(/([/\\])/)
      .map((part) => (/^(?:[/\\]|\.{0,2}|-)$/.test(part) ? part : this.name(part)))
      .join('')
    if (path !== text) this.#known.text(text, path)
    return path
  }

  /** A hash. That of a v2 torrent begins with the pseudonym of its short form (BEP 52). */
  hash(bytes: Uint8Array): Uint8Array {
    return this.#id(bytes, () => this.#derivedHash(bytes))
  }

  /** A hash in hex. */
  hexHash(hex: string): string {
    return toHex(this.hash(fromHex(hex)))
  }

  /** A peer id: what names the client stays. */
  peerId(bytes: Uint8Array): Uint8Array {
    return this.#id(bytes, () => pseudonymousPeerId(bytes, this.#digest('peer-id', bytes)))
  }

  /** A hash in what peers send: as `hash`, and not remembered, because there can be many. */
  derivedHash(bytes: Uint8Array): Uint8Array {
    return this.#ids.get(toHex(bytes)) ?? this.#derivedHash(bytes)
  }

  #derivedHash(bytes: Uint8Array): Uint8Array {
    if (bytes.every((byte) => byte === 0)) return bytes
    const short = bytes.subarray(0, INFO_HASH_LENGTH)
    const rest = bytes.length - short.length
    const start = this.#digest('hash', short).subarray(0, short.length)
    return rest === 0 ? start : concat([start, this.#digest('tail', bytes).subarray(0, rest)])
  }

  #id(bytes: Uint8Array, make: () => Uint8Array): Uint8Array {
    const hex = toHex(bytes)
    if (this.#issued.has(hex)) return bytes
    const known = this.#ids.get(hex)
    if (known !== undefined) return known
    const pseudonym = make()
    if (this.#ids.size >= MAX_PSEUDONYMS) return pseudonym
    this.#ids.set(hex, pseudonym)
    this.#issued.add(toHex(pseudonym))
    this.#known.id(bytes, pseudonym)
    return pseudonym
  }

  /** A number while there is room to remember it, then a digest. */
  #number(known: ReadonlyMap<string, string>, text: string): string {
    return known.size < MAX_PSEUDONYMS
      ? String(known.size + 1)
      : toHex(this.#digest('name', encodeUtf8(text)).subarray(0, 8))
  }

  #learn(known: Map<string, string>, key: string, text: string, pseudonym: string): string {
    if (known.size >= MAX_PSEUDONYMS) return pseudonym
    known.set(key, pseudonym)
    this.#issued.add(pseudonym)
    this.#known.text(text, pseudonym)
    return pseudonym
  }

  /** From the ranges for documentation (RFC 5737, RFC 3849), then from that for benchmarks (RFC 2544). */
  #nextAddress(bytes: Uint8Array): Uint8Array {
    const isIpv4 = bytes.length === IPV4_LENGTH
    for (;;) {
      const candidate = isIpv4 ? documentationIpv4(this.#ipv4++) : documentationIpv6(++this.#ipv6)
      if (candidate === undefined) break
      if (!this.#issued.has(toHex(candidate))) return candidate
    }
    const digest = this.#digest('address', bytes)
    return Uint8Array.of(198, 18 + ((digest[0] ?? 0) & 1), digest[1] ?? 0, digest[2] ?? 0)
  }

  #digest(kind: string, bytes: Uint8Array): Uint8Array {
    return sha256(concat([this.#key, encodeUtf8(kind), bytes]))
  }
}

const IPV4_RANGES = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
] as const

const RANGE_SIZE = 254

function isDocumentation(address: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = address
  if (address.length === IPV4_LENGTH) return IPV4_RANGES.some((range) => range.join('.') === `${a}.${b}.${c}`)
  return a === 0x20 && b === 0x01 && c === 0x0d && d === 0xb8
}

function documentationIpv4(index: number): Uint8Array | undefined {
  const range = IPV4_RANGES[Math.floor(index / RANGE_SIZE)]
  return range === undefined ? undefined : Uint8Array.of(...range, (index % RANGE_SIZE) + 1)
}

function documentationIpv6(number: number): Uint8Array {
  const address = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  new DataView(address.buffer).setUint32(12, number)
  return address
}
