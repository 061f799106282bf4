import { PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'

/** Different values in as many random bytes as a public key has: 80 on average, and hardly ever fewer. */
const RANDOM_VALUES = 64

/** The first bytes of a stream, as many as the public key with which MSE begins. */
export class StreamBegin {
  readonly #bytes = new Uint8Array(PUBLIC_KEY_LENGTH)
  #length = 0

  take(bytes: Uint8Array): void {
    if (this.isComplete) return
    const more = bytes.subarray(0, PUBLIC_KEY_LENGTH - this.#length)
    this.#bytes.set(more, this.#length)
    this.#length += more.length
  }

  get isComplete(): boolean {
    return this.#length === PUBLIC_KEY_LENGTH
  }

  /** Whether they look random: keys and encrypted data do, text and most protocols do not. */
  get looksRandom(): boolean {
    return this.isComplete && new Set(this.#bytes).size >= RANDOM_VALUES
  }
}
