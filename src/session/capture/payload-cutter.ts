import { concat, readUint32 } from '../../base/bytes.ts'
import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { MAX_LENGTH_PREFIX } from '../../wire/message/id.ts'
import { PREFIX_LENGTH } from '../../wire/message/length-prefix.ts'
import { REQUEST_LENGTH } from '../../wire/message/message.ts'

/** As much of a message is kept together: all of the short ones, and the fields of a block. */
const HEAD_LENGTH = REQUEST_LENGTH

const NOTHING = new Uint8Array()

/**
 * Cuts one direction of a connection into the payloads of packets, so that a message that needs several begins one, and no
 * packet ends in the head of a message: Wireshark 4 loses the stream when one ends after four bytes of it. A head of which only a part has come is held back.
 */
export class PayloadCutter {
  #held: Uint8Array = NOTHING
  /** Bytes of the message that has begun. */
  #left = 0
  #isBegin = true
  /** False once the stream cannot be one of messages. */
  #isFramed = true

  /** @param most longest payload, in bytes */
  cut(bytes: Uint8Array, most: number): readonly Uint8Array[] {
    const data = this.#held.length === 0 ? bytes : concat([this.#held, bytes])
    this.#held = NOTHING
    const payloads: Uint8Array[] = []
    let next = this.#left
    let start = 0
    while (start < data.length) {
      let end = Math.min(start + most, data.length)
      // the rest of a message is by itself, so that the next one begins a packet
      if (next > start) end = Math.min(end, next)
      while (this.#isFramed && next < end) {
        const length = this.#lengthAt(data, next)
        if (length !== undefined && next + Math.min(length, HEAD_LENGTH) <= end) {
          next += length
          this.#isBegin = false
        } else if (next === start) {
          this.#held = data.slice(start)
          this.#left = 0
          return payloads
        } else end = next
      }
      payloads.push(data.subarray(start, end))
      start = end
    }
    this.#left = Math.max(0, next - data.length)
    return payloads
  }

  /** Bytes are missing, after what was held back was taken. @param length undefined where their number is not known */
  skip(length: number | undefined): void {
    if (length !== undefined && length <= this.#left) this.#left -= length
    else this.#isFramed = false
  }

  /** What was held back, when nothing follows. */
  rest(): Uint8Array {
    const held = this.#held
    this.#held = NOTHING
    return held
  }

  /** The length of the message that begins there; undefined while too little of it is here. */
  #lengthAt(data: Uint8Array, at: number): number | undefined {
    if (this.#isBegin && data[at] === 19) return HANDSHAKE_LENGTH
    if (at + PREFIX_LENGTH > data.length) return undefined
    const size = readUint32(data, at)
    if (size <= MAX_LENGTH_PREFIX) return PREFIX_LENGTH + size
    this.#isFramed = false
    return data.length - at
  }
}
