import { addSequence, isSequenceBefore } from '../../wire/utp/sequence.ts'
import { EarlyPackets } from './early-packets.ts'
import { type EarlyMemory, PACKETS_AFTER_LOSS, type StreamSink } from './stream-sink.ts'

/** A packet that takes a number: data, or the FIN after it. */
export interface NumberedPacket {
  readonly number: number
  readonly payload: Uint8Array
  /** Bytes of the payload that were not captured. */
  readonly missing: number
  readonly isFin: boolean
}

/**
 * Puts the packets of one direction of a uTP connection in order. What selective acknowledgements say is not missing for the
 * receiver needs no care: only a cumulative acknowledgement of a packet that is not here shows that the capture lost it.
 */
export class UtpStream {
  readonly #sink: StreamSink
  #next: number | undefined
  /** Packets after a missing one. */
  readonly #early: EarlyPackets<NumberedPacket>
  #isEnded = false

  constructor(sink: StreamSink, memory: EarlyMemory) {
    this.#sink = sink
    this.#early = new EarlyPackets(memory, inOrder)
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
    this.#early.add(packet, () => true)
    while (this.#early.isFull) this.#skip(at)
  }

  /** The other side has everything up to this number. */
  acknowledged(at: number, number: number): void {
    if (this.#next === undefined || this.#early.count < PACKETS_AFTER_LOSS) return
    if (!isSequenceBefore(number, this.#next)) this.#skip(at)
  }

  /** Nothing more comes: delivers what there is, with its gaps. */
  flush(at: number): void {
    while (this.#early.count > 0) this.#skip(at)
  }

  #deliver(at: number, { number, payload, missing, isFin }: NumberedPacket): void {
    this.#next = addSequence(number, 1)
    if (payload.length > 0) this.#sink.bytes(at, payload)
    if (missing > 0) this.#sink.gap(at, missing)
    if (!isFin) return
    this.#isEnded = true
    this.#early.clear()
    this.#sink.fin(at)
  }

  #deliverEarly(at: number): void {
    for (let { first } = this.#early; first !== undefined; { first } = this.#early) {
      if (first.number !== this.#next) return
      this.#early.shift()
      this.#deliver(at, first)
    }
  }

  /** Gives up on what is missing before the first early packet. */
  #skip(at: number): void {
    const { first } = this.#early
    if (first === undefined) return
    // how many bytes the packets had is not known
    this.#sink.gap(at, undefined)
    this.#next = first.number
    this.#deliverEarly(at)
  }
}

function inOrder(a: NumberedPacket, b: NumberedPacket): number {
  return a.number === b.number ? 0 : isSequenceBefore(a.number, b.number) ? 1 : -1
}
