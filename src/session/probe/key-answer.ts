import { concat, equalBytes, isText } from '../../base/bytes.ts'
import { MAX_ENCRYPTION_PAD_LENGTH } from '../../base/limits.ts'
import { isAcceptablePublicKey, PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'

/**
 * What came in answer to a public key that was sent in two halves. Services that answer anything also fill 96 bytes, so
 * an answer can be a public key of the peer only if it begins after our whole key, is not text and not our own key, and
 * has at most the 512 bytes of a pad behind it (MSE).
 */
export class KeyAnswer {
  readonly #ours: Uint8Array
  #first: Uint8Array = new Uint8Array()
  #length = 0
  #isEarly = false

  /** @param ours our public key */
  constructor(ours: Uint8Array) {
    this.#ours = ours
  }

  /**
   * Takes bytes from the peer; they are copied.
   * @param sent how much of our key had been sent
   */
  push(bytes: Uint8Array, sent: number): void {
    if (sent < PUBLIC_KEY_LENGTH) this.#isEarly = true
    const room = PUBLIC_KEY_LENGTH - this.#first.length
    if (room > 0) this.#first = concat([this.#first, bytes.subarray(0, room)])
    this.#length += bytes.length
  }

  /** Whether everything that came can be a public key and its pad. */
  get canBeKey(): boolean {
    const key = this.#first
    return (
      !this.#isEarly &&
      this.#length <= PUBLIC_KEY_LENGTH + MAX_ENCRYPTION_PAD_LENGTH &&
      isAcceptablePublicKey(key) &&
      !isText(key) &&
      !equalBytes(key, this.#ours)
    )
  }
}
