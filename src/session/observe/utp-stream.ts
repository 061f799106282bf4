import { copyBytes } from '../../base/bytes.ts'
import { MAX_EARLY_PACKETS } from '../../base/limits.ts'
import { addSequence, isSequenceBefore, sequenceDistance } from '../../wire/utp/sequence.ts'
import { type EarlyMemory, PACKETS_AFTER_LOSS, type StreamSink } from './stream-sink.ts'

/** A packet that takes a number: data, or the FIN after it. */
export interface NumberedPacket {
  readonly number: number
  readonly payload: Uint8Array
  readonly isFin: boolean
}

/**
 * Puts the packets of one direction of a uTP connection in order. What selective acknowledgements say is not missing for the
 * receiver needs no care: only a cumulative acknowledgement of a packet that is not here shows that the capture lost it.
 */
export class UtpStream {
  readonly #sink: StreamSink
  readonly #memory: EarlyMemory
  #next: number | undefined
  /** Packets after a missing one. */
  readonly #early = new Map<number, NumberedPacket>()
  #isEnded = false

  constructor(sink: StreamSink, memory: EarlyMemory) {
    this.#sink = sink
    this.#memory = memory
  }

  /** The first data packet has this number. Only the first call counts. */
  begin(number: number): void {
    this.#next ??= number
  }

  packet(at: number, packet: NumberedPacket): void {
    this.#next ??= packet.number
    const { number } = packet
    if (this.#isEnded || isSequenceBefore(number, this.#next)) return
    if (number === this.#next) {
      this.#deliver(at, packet)
      this.#deliverEarly(at)
      return
    }
    if (this.#early.has(number)) return
    this.#early.set(number, { ...packet, payload: copyBytes(packet.payload) })
    this.#memory.keep(packet.payload.length)
    while (this.#early.size > 0 && (this.#memory.isFull || this.#early.size > MAX_EARLY_PACKETS))
      this.#skip(at)
  }

  /** The other side has everything up to this number. */
  acknowledged(at: number, number: number): void {
    if (this.#next === undefined || this.#early.size < PACKETS_AFTER_LOSS) return
    if (!isSequenceBefore(number, this.#next)) this.#skip(at)
  }

  /** Nothing more comes: delivers what there is, with its gaps. */
  flush(at: number): void {
    while (this.#early.size > 0) this.#skip(at)
  }

  #deliver(at: number, { number, payload, isFin }: NumberedPacket): void {
    this.#next = addSequence(number, 1)
    if (payload.length > 0) this.#sink.bytes(at, payload)
    if (!isFin) return
    this.#isEnded = true
    for (const early of this.#early.values()) this.#memory.release(early.payload.length)
    this.#early.clear()
    this.#sink.fin(at)
  }

  #deliverEarly(at: number): void {
    for (;;) {
      const packet = this.#early.get(this.#next ?? 0)
      if (packet === undefined) return
      this.#early.delete(packet.number)
      this.#memory.release(packet.payload.length)
      this.#deliver(at, packet)
    }
  }

  /** Gives up on what is missing before the first early packet. */
  #skip(at: number): void {
    const next = this.#next ?? 0
    let first: NumberedPacket | undefined
    for (const packet of this.#early.values()) {
      const isNearer =
        first === undefined || sequenceDistance(next, packet.number) < sequenceDistance(next, first.number)
      if (isNearer) first = packet
    }
    if (first === undefined) return
    // how many bytes the packets had is not known
    this.#sink.gap(at, undefined)
    this.#next = first.number
    this.#deliverEarly(at)
  }
}
