import { copyBytes } from '../../base/bytes.ts'
import { MAX_EARLY_PACKETS } from '../../base/limits.ts'
import type { EarlyMemory } from './stream-sink.ts'

/** A packet that came before an earlier one. */
interface EarlyPacket {
  readonly payload: Uint8Array
}

/** Packets of one direction that came before an earlier one, in the order of their numbers. */
export class EarlyPackets<Packet extends EarlyPacket> {
  readonly #memory: EarlyMemory
  readonly #order: (a: Packet, b: Packet) => number
  #packets: Packet[] = []

  /** @param order positive if `b` is after `a`, 0 if both have the same number */
  constructor(memory: EarlyMemory, order: (a: Packet, b: Packet) => number) {
    this.#memory = memory
    this.#order = order
  }

  get count(): number {
    return this.#packets.length
  }

  get first(): Packet | undefined {
    return this.#packets[0]
  }

  /** Whether the first one has to be delivered before more are kept. */
  get isFull(): boolean {
    return this.count > 0 && (this.#memory.isFull || this.count > MAX_EARLY_PACKETS)
  }

  /**
   * Keeps a copy.
   * @param repeats whether another packet with the same number makes it superfluous
   */
  add(packet: Packet, repeats: (other: Packet) => boolean): void {
    const index = this.#indexAfter(packet)
    const other = this.#packets[index - 1]
    if (other !== undefined && this.#order(other, packet) === 0 && repeats(other)) return
    this.#packets.splice(index, 0, { ...packet, payload: copyBytes(packet.payload) })
    this.#memory.keep(packet.payload.length)
  }

  shift(): void {
    const packet = this.#packets.shift()
    if (packet !== undefined) this.#memory.release(packet.payload.length)
  }

  clear(): void {
    for (const { payload } of this.#packets) this.#memory.release(payload.length)
    this.#packets = []
  }

  /** Of the first packet with a higher number: by bisection, because a hostile capture has the worst order. */
  #indexAfter(packet: Packet): number {
    let low = 0
    let high = this.#packets.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#packets[middle]
      if (other !== undefined && this.#order(packet, other) > 0) high = middle
      else low = middle + 1
    }
    return low
  }
}
