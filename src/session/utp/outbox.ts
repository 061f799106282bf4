import { copyBytes } from '../../base/bytes.ts'
import {
  encodeUtpPacket,
  UTP_HEADER_LENGTH,
  type UtpPacketType,
  writeUtpHeader,
} from '../../wire/utp/packet.ts'
import type { SentPacket } from './send-window.ts'

/** What every packet reports about the other direction. */
export interface ReceiverState {
  readonly acknowledged: number
  readonly room: number
  selectiveAck(): Uint8Array | undefined
}

const NO_PAYLOAD = new Uint8Array()

/** Builds the datagrams of one uTP connection and holds them until they are taken. */
export class UtpOutbox {
  readonly #receiveId: number
  readonly #sendId: number
  #datagrams: Uint8Array[] = []
  #timestampDifference = 0
  /** Time that the caller's clock has skipped, in ms: the peer measures delays by timestamps, which must not skip. */
  #skippedMs = 0
  #advertised = 0
  #sentAt = 0
  #packetsSent = 0
  #bytesSent = 0

  constructor(receiveId: number, sendId: number) {
    this.#receiveId = receiveId
    this.#sendId = sendId
  }

  /** The receive window in the last packet, in bytes. */
  get advertised(): number {
    return this.#advertised
  }

  /** When the last packet was built, in ms. */
  get sentAt(): number {
    return this.#sentAt
  }

  get packetsSent(): number {
    return this.#packetsSent
  }

  /** Payload bytes, including resent ones. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  skip(ms: number): void {
    this.#skippedMs += ms
  }

  /** Records a received packet. Our next packets report the timestamp difference, from two clocks that are not synchronised. */
  noteArrival(at: number, timestamp: number): void {
    this.#timestampDifference = (this.#timestamp(at) - timestamp) >>> 0
  }

  /** Adds a packet without extensions and payload. */
  addBare(at: number, type: UtpPacketType, number: number, receiver: ReceiverState): void {
    const bytes = new Uint8Array(UTP_HEADER_LENGTH)
    writeUtpHeader(bytes, this.#header(at, type, number, receiver))
    this.#add(at, bytes)
  }

  /** Adds an acknowledgement, with a selective ack when something is missing. */
  addState(at: number, number: number, receiver: ReceiverState): void {
    const selectiveAck = receiver.selectiveAck()
    if (selectiveAck === undefined) return this.addBare(at, 'state', number, receiver)
    const header = this.#header(at, 'state', number, receiver)
    this.#add(at, encodeUtpPacket({ ...header, selectiveAck, closeReason: undefined, payload: NO_PAYLOAD }))
  }

  /** Adds a numbered packet: in its own memory the first time, as a copy when resent. */
  addNumbered(at: number, packet: SentPacket, receiver: ReceiverState): void {
    const bytes = packet.transmissions === 1 ? packet.datagram : copyBytes(packet.datagram)
    writeUtpHeader(bytes, this.#header(at, packet.type, packet.number, receiver))
    this.#bytesSent += packet.length
    this.#add(at, bytes)
  }

  take(): readonly Uint8Array[] {
    const datagrams = this.#datagrams
    if (datagrams.length > 0) this.#datagrams = []
    return datagrams
  }

  #header(at: number, type: UtpPacketType, number: number, { acknowledged, room }: ReceiverState) {
    this.#advertised = room
    return {
      type,
      connectionId: type === 'syn' ? this.#receiveId : this.#sendId,
      timestamp: this.#timestamp(at),
      timestampDifference: this.#timestampDifference,
      windowSize: room,
      sequenceNumber: number,
      acknowledged,
    }
  }

  #timestamp(at: number): number {
    return Math.floor((at + this.#skippedMs) * 1000) >>> 0
  }

  #add(at: number, bytes: Uint8Array): void {
    this.#sentAt = at
    this.#packetsSent++
    this.#datagrams.push(bytes)
  }
}
