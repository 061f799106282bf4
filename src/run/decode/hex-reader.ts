import type { PeerError } from '../../base/errors.ts'
import { badInput } from './bad-input.ts'
import type { Decoded, InputReader } from './reader.ts'
import { StreamReader } from './stream-reader.ts'

/** Reads hex text: white space, colons and dashes between the digits do not matter, nor does `0x` before them. */
export class HexReader implements InputReader {
  readonly format = 'hex'
  readonly #stream = new StreamReader('hex')
  #offset = 0
  #high: number | undefined

  push(chunk: Uint8Array): void {
    const bytes: number[] = []
    for (const byte of chunk) {
      const digit = digitOf(byte)
      if (digit === 'x') {
        // only after a zero
        if (this.#high !== 0) throw notHex(this.#offset)
        this.#high = undefined
      } else if (digit === undefined) throw notHex(this.#offset)
      else if (digit !== 'between') {
        if (this.#high === undefined) this.#high = digit
        else {
          bytes.push(this.#high * 16 + digit)
          this.#high = undefined
        }
      }
      this.#offset++
    }
    this.#stream.push(Uint8Array.from(bytes))
  }

  end(): void {
    if (this.#high !== undefined)
      throw badInput(
        'an odd number of hex digits',
        this.#offset,
        'two digits are one byte: one is missing, or one too many',
      )
  }

  result(): Decoded {
    return this.#stream.result()
  }
}

function notHex(offset: number): PeerError {
  return badInput('not hex', offset, 'for a capture, a trace or raw bytes, leave out --hex')
}

function digitOf(byte: number): number | 'x' | 'between' | undefined {
  const character = String.fromCharCode(byte)
  if (/[0-9a-f]/i.test(character)) return Number.parseInt(character, 16)
  if (character === 'x' || character === 'X') return 'x'
  return /[\s:,-]/.test(character) ? 'between' : undefined
}
