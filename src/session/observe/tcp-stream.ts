import { EarlyPackets } from './early-packets.ts'
import { type EarlyMemory, PACKETS_AFTER_LOSS, type StreamSink } from './stream-sink.ts'

/** The data of a segment. */
export interface SegmentData {
  readonly sequence: number
  readonly payload: Uint8Array
  /** Bytes of the payload that were not captured. */
  readonly missing: number
}

/** How far `to` is ahead of `from`, negative when it is behind: sequence numbers wrap. */
function distance(from: number, to: number): number {
  return (to - from) | 0
}

/**
 * Puts the segments of one direction of a TCP connection in order. Bytes that came before are ignored, whatever they are: the
 * receiver has taken the first ones.
 */
export class TcpStream {
  readonly #sink: StreamSink
  /** The next sequence number; undefined before the first segment. */
  #next: number | undefined
  /** Segments after a missing one, by their sequence numbers. */
  readonly #early: EarlyPackets<SegmentData>
  #fin: number | undefined
  #isEnded = false

  constructor(sink: StreamSink, memory: EarlyMemory) {
    this.#sink = sink
    this.#early = new EarlyPackets(memory, inOrder)
  }

  /** The sequence number of a SYN was seen: the stream is known from its begin. */
  syn(sequence: number): void {
    this.#next ??= (sequence + 1) >>> 0
  }

  /** Whether the stream is known to begin with another number, so that the SYN is that of another connection. */
  contradicts(syn: number): boolean {
    // a retransmitted SYN is just behind
    return this.#next !== undefined && this.#next !== (syn + 1) >>> 0
  }

  segment(at: number, segment: SegmentData): void {
    this.#next ??= segment.sequence
    if (this.#isEnded || lengthOf(segment) === 0) return
    if (distance(this.#next, segment.sequence) <= 0) {
      this.#deliver(at, this.#next, segment)
      this.#deliverEarly(at)
    } else this.#keep(at, segment)
  }

  /** @param sequence the number of the FIN, which is after the last byte */
  fin(at: number, sequence: number): void {
    this.#next ??= sequence
    this.#fin ??= sequence
    this.#checkEnd(at)
  }

  /** The other side expects this number next. */
  acknowledged(at: number, number: number): void {
    if (this.#next === undefined || this.#early.count < PACKETS_AFTER_LOSS) return
    if (distance(this.#next, number) > 0) this.#skip(at)
  }

  /** Nothing more comes: delivers what there is, with its gaps. */
  flush(at: number): void {
    while (this.#early.count > 0) this.#skip(at)
    const next = this.#next
    if (next === undefined || this.#fin === undefined || this.#isEnded) return
    const missing = distance(next, this.#fin)
    if (missing > 0) this.#sink.gap(at, missing)
    this.#next = this.#fin
    this.#checkEnd(at)
  }

  #deliver(at: number, next: number, { sequence, payload, missing }: SegmentData): void {
    const behind = distance(sequence, next)
    if (behind < payload.length) this.#sink.bytes(at, payload.subarray(behind))
    const end = (sequence + payload.length + missing) >>> 0
    const gap = Math.min(missing, distance(next, end))
    if (gap > 0) this.#sink.gap(at, gap)
    if (distance(next, end) > 0) this.#next = end
    this.#checkEnd(at)
  }

  #deliverEarly(at: number): void {
    for (let { first } = this.#early; first !== undefined; { first } = this.#early) {
      const next = this.#next ?? first.sequence
      if (distance(next, first.sequence) > 0) return
      this.#early.shift()
      this.#deliver(at, next, first)
    }
  }

  #keep(at: number, segment: SegmentData): void {
    this.#early.add(segment, (other) => lengthOf(other) >= lengthOf(segment))
    while (this.#early.isFull) this.#skip(at)
  }

  /** Gives up on what is missing before the first early segment. */
  #skip(at: number): void {
    const { first } = this.#early
    if (first === undefined) return
    const missing = distance(this.#next ?? first.sequence, first.sequence)
    if (missing > 0) this.#sink.gap(at, missing)
    this.#next = first.sequence
    this.#deliverEarly(at)
  }

  #checkEnd(at: number): void {
    if (this.#isEnded || this.#next !== this.#fin) return
    this.#isEnded = true
    this.#early.clear()
    this.#sink.fin(at)
  }
}

function inOrder(a: SegmentData, b: SegmentData): number {
  return distance(a.sequence, b.sequence)
}

function lengthOf({ payload, missing }: SegmentData): number {
  return payload.length + missing
}
