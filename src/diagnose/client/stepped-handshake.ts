import { fromHex, toHex } from '../../base/bytes.ts'
import type { TraceEvent, TraceHandshake } from '../../trace/event.ts'
import { beginsHandshake, decodeHandshake, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { decodeFeatures } from '../../wire/handshake/reserved-bits.ts'

type Raw = Extract<TraceEvent, { readonly type: 'raw' }>

/** The handshake of a peer that gets ours in parts, which no session reads. Reads the raw bytes of one connection. */
export class SteppedHandshake {
  readonly #received: number[] = []
  #sent = 0
  #answeredAfter: number | undefined

  /** How many bytes of our handshake had been sent when the first byte came; undefined if none came. */
  get answeredAfter(): number | undefined {
    return this.#answeredAfter
  }

  /** @returns the handshake, once, when all of it has come */
  step({ direction, offset, length, bytes }: Raw): TraceHandshake | undefined {
    if (direction === 'sent') {
      this.#sent = offset + length
      return undefined
    }
    this.#answeredAfter ??= this.#sent
    if (this.#received.length >= HANDSHAKE_LENGTH) return undefined
    this.#received.push(...fromHex(bytes).subarray(0, HANDSHAKE_LENGTH - this.#received.length))
    const handshake = Uint8Array.from(this.#received)
    if (handshake.length < HANDSHAKE_LENGTH || !beginsHandshake(handshake)) return undefined
    const { reserved, infoHash, peerId } = decodeHandshake(handshake)
    return {
      reserved: toHex(reserved),
      features: decodeFeatures(reserved),
      infoHash: toHex(infoHash),
      peerId: toHex(peerId),
    }
  }
}
