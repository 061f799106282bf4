/** Keystream bytes that MSE discards before it uses RC4: the first ones leak the key. */
export const RC4_DISCARD_LENGTH = 1024

const STATE_LENGTH = 256

/**
 * The RC4 stream cipher for one direction of a connection: each byte must pass once, in order. Encryption and decryption
 * are the same operation. Implemented here because OpenSSL 3 has it only in its legacy provider.
 *
 * RC4 is broken as a cipher; MSE uses it to disguise the protocol, not to protect it.
 * @see RFC 6229 for test vectors
 */
export class Rc4 {
  readonly #state = new Uint8Array(STATE_LENGTH)
  #i = 0
  #j = 0

  /**
   * @param key 1 to 256 bytes; MSE uses 20
   * @param discard keystream bytes to drop first
   * @throws RangeError when the key length is out of bounds
   */
  constructor(key: Uint8Array, discard = 0) {
    if (key.length < 1 || key.length > STATE_LENGTH)
      throw new RangeError(`an RC4 key has 1 to 256 bytes, not ${key.length}`)
    const state = this.#state
    for (let i = 0; i < STATE_LENGTH; i++) state[i] = i
    let j = 0
    for (let i = 0; i < STATE_LENGTH; i++) {
      const a = state[i] as number
      j = (j + a + (key[i % key.length] as number)) & 255
      state[i] = state[j] as number
      state[j] = a
    }
    this.skip(discard)
  }

  /** Encrypts or decrypts into a new array; `bytes` is not modified. */
  apply(bytes: Uint8Array): Uint8Array {
    // not slice(), which on a Buffer is a view of the same bytes
    return this.applyInPlace(new Uint8Array(bytes))
  }

  /** Encrypts or decrypts `bytes` in place, and returns them. */
  applyInPlace(bytes: Uint8Array): Uint8Array {
    this.#j = mix(this.#state, this.#i, this.#j, bytes)
    this.#i = (this.#i + bytes.length) & 255
    return bytes
  }

  /** Discards `count` keystream bytes. */
  skip(count: number): void {
    this.applyInPlace(new Uint8Array(count))
  }
}

const mix = createMixer()

/**
 * RC4 itself: applies the keystream to `bytes`, advances `state` from `i` and `j`, and returns the new j. It works on a
 * copy of the state in one array that all ciphers share: an engine that knows the location and length of an array
 * omits the checks on each access.
 */
function createMixer(): (state: Uint8Array, i: number, j: number, bytes: Uint8Array) => number {
  const s = new Uint8Array(STATE_LENGTH)

  /** One byte: swaps s[i], which is `a`, and s[j], and returns the next s[i]. */
  const step = (i: number, j: number, a: number, bytes: Uint8Array, at: number): number => {
    const b = s[j] as number
    const following = (i + 1) & 255
    // read before the swap, so that the CPU need not wait for its stores
    const next = s[following] as number
    s[i] = b
    s[j] = a
    bytes[at] = (bytes[at] as number) ^ (s[(a + b) & 255] as number)
    return j === following ? a : next
  }

  return (state, startI, startJ, bytes) => {
    s.set(state)
    let i = (startI + 1) & 255
    let j = startJ
    let a = s[i] as number
    const end = bytes.length - (bytes.length & 7)
    // eight bytes per iteration take half the time of one
    for (let at = 0; at < end; at += 8) {
      j = (j + a) & 255
      a = step(i, j, a, bytes, at)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 1)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 2)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 3)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 4)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 5)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 6)
      i = (i + 1) & 255
      j = (j + a) & 255
      a = step(i, j, a, bytes, at + 7)
      i = (i + 1) & 255
    }
    for (let at = end; at < bytes.length; at++) {
      j = (j + a) & 255
      a = step(i, j, a, bytes, at)
      i = (i + 1) & 255
    }
    state.set(s)
    return j
  }
}
