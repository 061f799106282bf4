import { MAX_ENCRYPTION_PAD_LENGTH } from '../../base/limits.ts'
import { beginsHandshake, HANDSHAKE_LENGTH, PROTOCOL_NAME } from '../../wire/handshake/handshake.ts'
import { PUBLIC_KEY_LENGTH, VERIFICATION_CONSTANT_LENGTH } from '../../wire/mse/keys.ts'

/** The name of the protocol, and its length before it. */
const PREFIX_LENGTH = PROTOCOL_NAME.length + 1

/** VC, a method or methods, and the length of a pad. */
const METHODS_LENGTH = VERIFICATION_CONSTANT_LENGTH + 4 + 2

/** Two hashes, the methods offered, and the length of the initial payload. */
const PROVIDE_LENGTH = 2 * 20 + METHODS_LENGTH + 2

/** Before this place of either stream, no plaintext can follow an encryption handshake (MSE), in bytes. */
export const FIRST_PLAINTEXT = PUBLIC_KEY_LENGTH + METHODS_LENGTH

/**
 * Up to this place, plaintext begins where any follows an encryption handshake: after the key, two pads, and an initial payload,
 * which is always encrypted. Clients put their handshake into it, and nothing else.
 */
export const LAST_PLAINTEXT =
  PUBLIC_KEY_LENGTH + 2 * MAX_ENCRYPTION_PAD_LENGTH + PROVIDE_LENGTH + HANDSHAKE_LENGTH

/** Looks for a handshake inside a stream that arrives in chunks, once at each place. */
export class PlaintextHandshake {
  #next = FIRST_PLAINTEXT

  /**
   * @param bytes of the stream, with those in which it was not found before
   * @param offset of the first of them in the stream
   * @returns where it begins in `bytes`, once its first 20 bytes are there
   */
  find(bytes: Uint8Array, offset: number): number | undefined {
    let at = Math.max(0, this.#next - offset)
    const end = Math.min(bytes.length, LAST_PLAINTEXT - offset + 1)
    for (; at < end; at++) {
      if (bytes[at] !== PROTOCOL_NAME.length) continue
      if (!beginsHandshake(bytes.subarray(at, at + PREFIX_LENGTH))) continue
      if (at + PREFIX_LENGTH <= bytes.length) return at
      break
    }
    this.#next = Math.max(this.#next, offset + at)
    return undefined
  }

  /** Bytes before this place are not looked at again. */
  get lookedUpTo(): number {
    return this.#next > LAST_PLAINTEXT ? Number.POSITIVE_INFINITY : this.#next
  }
}
