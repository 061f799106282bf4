import { UTP_RECEIVE_WINDOW } from '../../base/limits.ts'
import { encodeUtpPacket, type UtpPacketType } from '../../wire/utp/packet.ts'
import { addSequence } from '../../wire/utp/sequence.ts'
import { type FrameWriter, otherSide, type Side } from './frame-writer.ts'
import type { StreamWriter } from './stream-writer.ts'

/** Longest payload of a packet, in bytes: what fits into an Ethernet frame below the headers of IPv6, UDP and uTP. */
const MAX_PAYLOAD_LENGTH = 1400

/** As much is written before an acknowledgement, so that no reader sees a full window. */
const PACKETS_PER_ACK = Math.floor(UTP_RECEIVE_WINDOW / MAX_PAYLOAD_LENGTH)

const EMPTY: Uint8Array = new Uint8Array()

/**
 * Writes a byte stream as uTP packets (BEP 29), with ids and numbers as libutp uses them: the answer to a SYN does not take a
 * number.
 */
export class UtpWriter implements StreamWriter {
  readonly maxPayload = MAX_PAYLOAD_LENGTH
  readonly #frames: FrameWriter
  readonly #initiator: Side
  readonly #connectionId: number
  /** The next packet number of each side. */
  readonly #next: Record<Side, number>

  /**
   * @param connectionId of the SYN, 16 bits; later packets of the initiator carry the number after it
   * @param initial the first packet number of each side
   */
  constructor(
    frames: FrameWriter,
    initiator: Side,
    connectionId: number,
    initial: Readonly<Record<Side, number>>,
  ) {
    this.#frames = frames
    this.#initiator = initiator
    this.#connectionId = connectionId
    this.#next = { ...initial }
  }

  syn(at: number): void {
    this.#packet(at, this.#initiator, 'syn')
  }

  accept(at: number): void {
    this.#packet(at, otherSide(this.#initiator), 'state')
  }

  data(at: number, from: Side, payloads: readonly Uint8Array[]): void {
    let unacknowledged = 0
    for (const [index, payload] of payloads.entries()) {
      const isLast = index === payloads.length - 1
      this.#packet(at, from, 'data', payload)
      unacknowledged++
      if (!isLast && unacknowledged < PACKETS_PER_ACK) continue
      this.acknowledge(at, otherSide(from))
      unacknowledged = 0
    }
  }

  /** One packet is missing, however many there were: their number says nothing of the bytes. */
  skip(from: Side): void {
    this.#next[from] = addSequence(this.#next[from], 1)
  }

  acknowledge(at: number, from: Side): void {
    this.#packet(at, from, 'state')
  }

  fin(at: number, from: Side): void {
    this.#packet(at, from, 'fin')
  }

  reset(at: number, from: Side): void {
    this.#packet(at, from, 'reset')
  }

  #packet(at: number, from: Side, type: UtpPacketType, payload = EMPTY): void {
    const number = this.#next[from]
    const isFirstId = type === 'syn' || from !== this.#initiator
    const packet = encodeUtpPacket({
      type,
      connectionId: addSequence(this.#connectionId, isFirstId ? 0 : 1),
      timestamp: Math.round(at * 1000) % 2 ** 32,
      timestampDifference: 0,
      windowSize: UTP_RECEIVE_WINDOW,
      sequenceNumber: number,
      // the number of the last packet, not of the next one
      acknowledged: type === 'syn' ? 0 : addSequence(this.#next[otherSide(from)], -1),
      selectiveAck: undefined,
      closeReason: undefined,
      payload,
    })
    this.#frames.udp(at, from, packet)
    if (type !== 'state' && type !== 'reset') this.#next[from] = addSequence(number, 1)
  }
}
