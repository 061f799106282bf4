import { copyBytes } from '../../base/bytes.ts'
import {
  encodeUtpPacket,
  UTP_HEADER_LENGTH,
  type UtpPacketType,
  writeUtpHeader,
} from '../../wire/utp/packet.ts'
import type { SentPacket } from './send-window.ts'

/** What every packet says about the other direction. */
export interface ReceiverState {
  readonly acknowledged: number
  readonly room: number
  selectiveAck(): Uint8Array | undefined
}

const NO_PAYLOAD = new Uint8Array()

/** Builds the datagrams of one uTP connection and keeps them until they are taken. */
export class UtpOutbox {
  readonly #receiveId: number
  readonly #sendId: number
  #datagrams: Uint8Array[] = []
  #timestampDifference = 0
  /** What the clock of the caller has left out, in ms: the peer measures delays by timestamps that go on. */
  #skippedMs = 0
  #advertised = 0
  #sentAt = 0
  #packetsSent = 0
  #bytesSent = 0

  constructor(receiveId: number, sendId: number) {
    this.#receiveId = receiveId
    this.#sendId = sendId
  }

  /** The window that the last packet offered, in bytes. */
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

  /** Payload bytes, those of resent packets counted again. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  skip(ms: number): void {
    this.#skippedMs += ms
  }

  /** A packet has come: the next ones of ours tell the peer how long it took, by two clocks that never met. */
  noteArrival(at: number, timestamp: number): void {
    this.#timestampDifference = (this.#timestamp(at) - timestamp) >>> 0
  }

  /** A packet that is a header and nothing else. */
  addBare(at: number, type: UtpPacketType, number: number, receiver: ReceiverState): void {
    const bytes = new Uint8Array(UTP_HEADER_LENGTH)
    writeUtpHeader(bytes, this.#header(at, type, number, receiver))
    this.#add(at, bytes)
  }

  /** An acknowledgement, with a selective one when something is missing. */
  addState(at: number, number: number, receiver: ReceiverState): void {
    const selectiveAck = receiver.selectiveAck()
    if (selectiveAck === undefined) return this.addBare(at, 'state', number, receiver)
    const header = this.#header(at, 'state', number, receiver)
    this.#add(at, encodeUtpPacket({ ...header, selectiveAck, closeReason: undefined, payload: NO_PAYLOAD }))
  }

  /** A numbered packet, for the first time in its own memory, later in a copy. */
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
