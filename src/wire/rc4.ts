/** Keystream bytes thrown away before RC4 is used by MSE: the first ones leak the key. */
export const RC4_DISCARD_LENGTH = 1024

/**
 * The RC4 stream cipher, one direction of a connection: each byte goes through once, in order. Encrypting and
 * decrypting are the same operation. Written by hand because OpenSSL 3 has it only in its legacy provider.
 *
 * RC4 is broken as a cipher; MSE uses it to hide what a stream is, not to protect it.
 * @see RFC 6229 for test vectors
 */
export class Rc4 {
  readonly #state = new Uint8Array(256)
  #i = 0
  #j = 0

  /**
   * @param key 1 to 256 bytes; MSE uses 20
   * @param discard keystream bytes to drop first
   * @throws RangeError when the key has another length
   */
  constructor(key: Uint8Array, discard = 0) {
    if (key.length < 1 || key.length > 256)
      throw new RangeError(`an RC4 key has 1 to 256 bytes, not ${key.length}`)
    const state = this.#state
    for (let i = 0; i < 256; i++) state[i] = i
    let j = 0
    for (let i = 0; i < 256; i++) {
      const a = state[i] as number
      j = (j + a + (key[i % key.length] as number)) & 255
      state[i] = state[j] as number
      state[j] = a
    }
    this.skip(discard)
  }

  /** A new array with `bytes` encrypted or decrypted; `bytes` stays as it is. */
  apply(bytes: Uint8Array): Uint8Array {
    // not slice(), which for a Buffer is a view of the same bytes
    return this.applyInPlace(new Uint8Array(bytes))
  }

  /** Encrypts or decrypts `bytes` where they are, and returns them. */
  applyInPlace(bytes: Uint8Array): Uint8Array {
    const head = Math.min(bytes.length, -bytes.byteOffset & 3)
    const words = LITTLE_ENDIAN ? ((bytes.length - head) >> 3) << 1 : 0
    if (words < MIN_WORDS) {
      this.#applyBytes(bytes, 0, bytes.length)
      return bytes
    }
    this.#applyBytes(bytes, 0, head)
    this.#applyWords(new Int32Array(bytes.buffer, bytes.byteOffset + head, words))
    this.#applyBytes(bytes, head + 4 * words, bytes.length)
    return bytes
  }

  /** Moves on by `count` keystream bytes without using them. */
  skip(count: number): void {
    const state = this.#state
    let i = this.#i
    let j = this.#j
    for (let at = 0; at < count; at++) {
      i = (i + 1) & 255
      const a = state[i] as number
      j = (j + a) & 255
      state[i] = state[j] as number
      state[j] = a
    }
    this.#i = i
    this.#j = j
  }

  #applyBytes(bytes: Uint8Array, from: number, to: number): void {
    const state = this.#state
    let i = this.#i
    let j = this.#j
    for (let at = from; at < to; at++) {
      i = (i + 1) & 255
      const a = state[i] as number
      j = (j + a) & 255
      const b = state[j] as number
      state[i] = b
      state[j] = a
      bytes[at] = (bytes[at] as number) ^ (state[(a + b) & 255] as number)
    }
    this.#i = i
    this.#j = j
  }

  /** The same for an even number of words, eight bytes a turn: fewer loads and stores of data make it twice as fast. */
  #applyWords(words: Int32Array): void {
    const state = this.#state
    let i = this.#i
    let j = this.#j
    for (let at = 0; at < words.length; at += 2, i = (i + 8) & 255) {
      let x = (i + 1) & 255
      let a = state[x] as number
      let b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      let mask = state[(a + b) & 255] as number
      a = state[(x = (i + 2) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      mask |= (state[(a + b) & 255] as number) << 8
      a = state[(x = (i + 3) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      mask |= (state[(a + b) & 255] as number) << 16
      a = state[(x = (i + 4) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      words[at] = (words[at] as number) ^ mask ^ ((state[(a + b) & 255] as number) << 24)
      a = state[(x = (i + 5) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      mask = state[(a + b) & 255] as number
      a = state[(x = (i + 6) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      mask |= (state[(a + b) & 255] as number) << 8
      a = state[(x = (i + 7) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      mask |= (state[(a + b) & 255] as number) << 16
      a = state[(x = (i + 8) & 255)] as number
      b = state[(j = (j + a) & 255)] as number
      state[x] = b
      state[j] = a
      words[at + 1] = (words[at + 1] as number) ^ mask ^ ((state[(a + b) & 255] as number) << 24)
    }
    this.#i = i
    this.#j = j
  }
}

// where the lowest byte of a word comes first in memory, as nearly everywhere
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

// below this a view of the words costs more than it saves
const MIN_WORDS = 16
