import { MAX_BENCODE_DEPTH } from '../../base/limits.ts'
import { toByteString } from '../../base/bytes.ts'

/** @param key of the member that the string is or is in; empty outside of a dictionary */
export type RedactString = (key: string, value: Uint8Array, depth: number) => void

/**
 * Visits every string of a bencoded value that is not a key, to be replaced in place: lengths, keys and numbers stay. The value
 * may be cut off, as may its last string.
 * @returns where it ends, or where it is not bencode
 */
export function redactStrings(bytes: Uint8Array, redact: RedactString): number {
  const walk = new Walk(bytes, redact)
  walk.value('', 0)
  return walk.at
}

const COLON = 0x3a
const LETTER_D = 0x64
const LETTER_E = 0x65
const LETTER_I = 0x69
const LETTER_L = 0x6c

class Walk {
  at = 0
  readonly #bytes: Uint8Array
  readonly #redact: RedactString

  constructor(bytes: Uint8Array, redact: RedactString) {
    this.#bytes = bytes
    this.#redact = redact
  }

  /** @returns false where it cannot be read any further */
  value(key: string, depth: number): boolean {
    if (depth > MAX_BENCODE_DEPTH) return false
    switch (this.#bytes[this.at]) {
      case LETTER_I: {
        const end = this.#bytes.indexOf(LETTER_E, this.at)
        if (end === -1) return false
        this.at = end + 1
        return true
      }
      case LETTER_L:
        return this.#members(() => this.value(key, depth + 1))
      case LETTER_D:
        return this.#members(() => {
          const name = this.#string()
          return name !== undefined && this.value(toByteString(name), depth + 1)
        })
      default: {
        const text = this.#string()
        if (text !== undefined) this.#redact(key, text, depth)
        return text !== undefined
      }
    }
  }

  #members(member: () => boolean): boolean {
    this.at++
    while (this.#bytes[this.at] !== LETTER_E) if (this.at >= this.#bytes.length || !member()) return false
    this.at++
    return true
  }

  /** The bytes of a string, as far as they are there. */
  #string(): Uint8Array | undefined {
    const colon = this.#bytes.indexOf(COLON, this.at)
    const digits =
      colon === -1 ? '' : toByteString(this.#bytes.subarray(this.at, Math.min(colon, this.at + 10)))
    if (!/^\d+$/.test(digits) || colon - this.at > digits.length) return undefined
    const start = colon + 1
    this.at = Math.min(start + Number(digits), this.#bytes.length)
    return this.#bytes.subarray(start, this.at)
  }
}
