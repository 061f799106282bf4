import { TCP_FLAG } from '../../wire/network/tcp-segment.ts'
import { type FrameWriter, otherSide, type Side } from './frame-writer.ts'
import type { StreamWriter } from './stream-writer.ts'

/** Longest payload of a segment, in bytes: what fits into an Ethernet frame. */
const MAX_SEGMENT_LENGTH = 1460

/** Window of both sides, in bytes; as much is written before an acknowledgement, so that no reader sees a full window. */
const WINDOW = 65_535
const SEGMENTS_PER_ACK = Math.floor(WINDOW / MAX_SEGMENT_LENGTH)

const { fin, syn, rst, psh, ack } = TCP_FLAG
const EMPTY: Uint8Array = new Uint8Array()

/**
 * Writes a byte stream as TCP segments. Its acknowledgements come as soon as they can: when the real ones came is not known
 * above the system.
 */
export class TcpWriter implements StreamWriter {
  readonly maxPayload = MAX_SEGMENT_LENGTH
  readonly #frames: FrameWriter
  readonly #initiator: Side
  /** The next sequence number of each side. */
  readonly #next: Record<Side, number>

  /** @param initial the first sequence number of each side */
  constructor(frames: FrameWriter, initiator: Side, initial: Readonly<Record<Side, number>>) {
    this.#frames = frames
    this.#initiator = initiator
    this.#next = { ...initial }
  }

  syn(at: number): void {
    this.#segment(at, this.#initiator, syn)
  }

  accept(at: number): void {
    this.#segment(at, otherSide(this.#initiator), syn | ack)
    this.#segment(at, this.#initiator, ack)
  }

  data(at: number, from: Side, payloads: readonly Uint8Array[]): void {
    let unacknowledged = 0
    let left = payloads.length
    for (const payload of payloads) {
      const isLast = --left === 0
      this.#segment(at, from, isLast ? psh | ack : ack, payload)
      unacknowledged++
      if (!isLast && unacknowledged < SEGMENTS_PER_ACK) continue
      this.acknowledge(at, otherSide(from))
      unacknowledged = 0
    }
  }

  skip(from: Side, length = 1): void {
    this.#next[from] = (this.#next[from] + length) >>> 0
  }

  acknowledge(at: number, from: Side): void {
    this.#segment(at, from, ack)
  }

  fin(at: number, from: Side): void {
    this.#segment(at, from, fin | ack)
  }

  reset(at: number, from: Side): void {
    this.#segment(at, from, rst | ack)
  }

  #segment(at: number, from: Side, flags: number, payload = EMPTY): void {
    const sequence = this.#next[from]
    const acknowledged = (flags & ack) === 0 ? 0 : this.#next[otherSide(from)]
    this.#frames.tcp(at, from, { sequence, acknowledged, flags, window: WINDOW }, payload)
    // SYN and FIN take a number like a byte does
    const taken = payload.length + ((flags & (syn | fin)) === 0 ? 0 : 1)
    this.#next[from] = (sequence + taken) >>> 0
  }
}
