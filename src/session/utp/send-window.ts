import { UTP_WINDOW_PACKETS } from '../../base/limits.ts'
import { UTP_HEADER_LENGTH } from '../../wire/utp/packet.ts'
import { addSequence, isSequenceBefore, sequenceDistance } from '../../wire/utp/sequence.ts'

/** Packets that must arrive after a missing one before it counts as lost, not just late (BEP 29). */
const LATE_PACKETS = 3
/** How far an acknowledgement may lag behind the newest one: enough for reordering, too little to help a forger. */
const STALE_ACKNOWLEDGEMENTS = 64

export interface SentPacket {
  readonly number: number
  readonly type: 'data' | 'fin'
  /** Room for the header, followed by the payload: one allocation for a packet that is sent only once. */
  readonly datagram: Uint8Array
  /** Payload bytes. */
  readonly length: number
  sentAt: number
  transmissions: number
  state: 'in-flight' | 'lost' | 'acknowledged'
}

/** What an acknowledgement changed. */
export interface Acknowledgement {
  /** Payload bytes newly acknowledged. */
  readonly bytes: number
  /** Whether a packet was newly acknowledged; a FIN has no payload bytes. */
  readonly progressed: boolean
  /** When the newest acknowledged packet that was sent only once was sent; undefined when there is none. */
  readonly sentAt: number | undefined
  /** Packets newly considered lost. */
  readonly lost: number
}

/**
 * The sent and unacknowledged packets of one direction, at most `UTP_WINDOW_PACKETS`. Every packet is visited a bounded
 * number of times between sending and acknowledgement, however large the window is.
 * @see https://www.bittorrent.org/beps/bep_0029.html
 */
export class UtpSendWindow {
  readonly #packets: (SentPacket | undefined)[] = Array.from({ length: UTP_WINDOW_PACKETS })
  #oldest: number
  #next: number
  #inFlightBytes = 0
  #duplicates = 0
  /** Packets before this number have been checked for loss by what arrived after them. */
  #judgedUpTo: number
  /** Packets to resend, oldest first; some may be acknowledged meanwhile. */
  #lost: number[] = []
  /** Resent and unacknowledged packets, with the next number at that time: later packets that arrive show a second loss. */
  #again: { readonly number: number; readonly before: number }[] = []

  /** @param first number of the first packet */
  constructor(first: number) {
    this.#oldest = first
    this.#next = first
    this.#judgedUpTo = first
  }

  /** The number of the next new packet. */
  get next(): number {
    return this.#next
  }

  /** The number of the oldest unacknowledged packet, or of the next new one when there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** Payload bytes in flight. */
  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  get isEmpty(): boolean {
    return this.#oldest === this.#next
  }

  get isFull(): boolean {
    return sequenceDistance(this.#oldest, this.#next) >= UTP_WINDOW_PACKETS
  }

  /** Payload length of the oldest unacknowledged packet, 0 when there is none. */
  get oldestLength(): number {
    return this.#at(this.#oldest)?.length ?? 0
  }

  /** Whether `acknowledged` is plausible for a peer that received our packets: not newer than what we sent, not too old. */
  isPlausible(acknowledged: number): boolean {
    const behindNext = sequenceDistance(acknowledged, addSequence(this.#next, -1))
    return behindNext <= sequenceDistance(this.#oldest, this.#next) + STALE_ACKNOWLEDGEMENTS
  }

  /** Whether `acknowledged` is not older than an earlier one. */
  isCurrent(acknowledged: number): boolean {
    return !isSequenceBefore(acknowledged, addSequence(this.#oldest, -1))
  }

  /** Adds a new packet that is being sent. The caller has checked `isFull`. */
  push(at: number, type: 'data' | 'fin', datagram: Uint8Array): SentPacket {
    const packet: SentPacket = {
      number: this.#next,
      type,
      datagram,
      length: datagram.length - UTP_HEADER_LENGTH,
      sentAt: at,
      transmissions: 1,
      state: 'in-flight',
    }
    this.#packets[packet.number & INDEX_MASK] = packet
    this.#next = addSequence(this.#next, 1)
    this.#inFlightBytes += packet.length
    return packet
  }

  /** The oldest packet to resend. */
  peekLost(): SentPacket | undefined {
    while (this.#lost.length > 0) {
      const packet = this.#at(this.#lost[0] as number)
      if (packet?.state === 'lost') return packet
      this.#lost.shift()
    }
    return undefined
  }

  /** Records that the packet from `peekLost` is being resent. */
  resend(at: number, packet: SentPacket): void {
    this.#lost.shift()
    while (this.#again[0] !== undefined && this.#at(this.#again[0].number)?.state !== 'in-flight')
      this.#again.shift()
    this.#again.push({ number: packet.number, before: this.#next })
    packet.state = 'in-flight'
    packet.sentAt = at
    packet.transmissions++
    this.#inFlightBytes += packet.length
  }

  /**
   * Marks the oldest packet as lost if it was sent only once, before `sentBefore`: a peer that sends packets but does not
   * acknowledge it has not received it.
   * @returns number of packets marked, 0 or 1
   */
  takeOverdue(sentBefore: number): number {
    const packet = this.#at(this.#oldest)
    if (packet === undefined || packet.transmissions > 1 || packet.sentAt >= sentBefore) return 0
    const tally: Tally = { bytes: 0, progressed: false, sentAt: undefined, lost: 0 }
    this.#takeForLost(packet.number, tally)
    return tally.lost
  }

  /** Nothing was received in time: marks everything in flight as lost. */
  loseAll(): void {
    this.#lost = []
    this.#again = []
    this.#duplicates = 0
    this.#inFlightBytes = 0
    this.#judgedUpTo = this.#next
    for (let number = this.#oldest; number !== this.#next; number = addSequence(number, 1)) {
      const packet = this.#at(number)
      if (packet === undefined || packet.state === 'acknowledged') continue
      packet.state = 'lost'
      this.#lost.push(number)
    }
  }

  /**
   * Handles one acknowledgement, which the caller has checked with `isPlausible`.
   * @param mask the selective ack, if any
   * @param isPure whether the packet carried nothing else: only such packets count as duplicate acknowledgements
   */
  acknowledge(acknowledged: number, mask: Uint8Array | undefined, isPure: boolean): Acknowledgement {
    const before = this.#oldest
    const isRepeat = acknowledged === addSequence(before, -1)
    if (isRepeat && mask === undefined && !isPure) return NOTHING_NEW
    const tally: Tally = { bytes: 0, progressed: false, sentAt: undefined, lost: 0 }
    if (this.isCurrent(acknowledged)) this.#retireThrough(acknowledged, tally)
    if (mask !== undefined) this.#takeMask(acknowledged, mask, tally)
    else if (this.#oldest !== before) this.#duplicates = 0
    else if (isPure && !this.isEmpty && isRepeat) this.#countDuplicate(tally)
    return tally
  }

  #at(number: number): SentPacket | undefined {
    const packet = this.#packets[number & INDEX_MASK]
    return packet?.number === number ? packet : undefined
  }

  #retireThrough(acknowledged: number, tally: Tally): void {
    const end = addSequence(acknowledged, 1)
    while (this.#oldest !== end && !this.isEmpty) {
      const packet = this.#at(this.#oldest)
      if (packet !== undefined) this.#arrived(packet, tally)
      this.#packets[this.#oldest & INDEX_MASK] = undefined
      if (this.#judgedUpTo === this.#oldest) this.#judgedUpTo = addSequence(this.#oldest, 1)
      this.#oldest = addSequence(this.#oldest, 1)
    }
  }

  #arrived(packet: SentPacket, tally: Tally): void {
    if (packet.state === 'acknowledged') return
    if (packet.state === 'in-flight') this.#inFlightBytes -= packet.length
    packet.state = 'acknowledged'
    tally.progressed = true
    tally.bytes += packet.length
    if (packet.transmissions === 1) tally.sentAt = packet.sentAt
  }

  #takeMask(acknowledged: number, mask: Uint8Array, tally: Tally): void {
    // the numbers of the last three set bits: packets before the first of them have three arrivals after them
    const last: number[] = []
    const first = addSequence(acknowledged, 2)
    for (let bit = 0; bit < mask.length * 8; bit++) {
      if ((((mask[bit >> 3] as number) >> (bit & 7)) & 1) === 0) continue
      const number = addSequence(first, bit)
      if (!isSequenceBefore(number, this.#next)) break
      const packet = this.#at(number)
      if (packet !== undefined) this.#arrived(packet, tally)
      last.push(number)
      if (last.length > LATE_PACKETS) last.shift()
    }
    const [edge] = last
    if (edge === undefined || last.length < LATE_PACKETS) return
    while (isSequenceBefore(this.#judgedUpTo, edge)) {
      this.#takeForLost(this.#judgedUpTo, tally)
      this.#judgedUpTo = addSequence(this.#judgedUpTo, 1)
    }
    this.#judgeSentAgain(edge, tally)
  }

  #judgeSentAgain(edge: number, tally: Tally): void {
    for (let first = this.#again[0]; first !== undefined; first = this.#again[0]) {
      const isWaiting = this.#at(first.number)?.state === 'in-flight'
      if (isWaiting && isSequenceBefore(edge, first.before)) return
      this.#again.shift()
      if (isWaiting) this.#takeForLost(first.number, tally)
    }
  }

  #countDuplicate(tally: Tally): void {
    this.#duplicates++
    if (this.#duplicates !== LATE_PACKETS || this.#judgedUpTo !== this.#oldest) return
    this.#takeForLost(this.#oldest, tally)
    this.#judgedUpTo = addSequence(this.#oldest, 1)
  }

  #takeForLost(number: number, tally: Tally): void {
    const packet = this.#at(number)
    if (packet?.state !== 'in-flight') return
    packet.state = 'lost'
    this.#inFlightBytes -= packet.length
    this.#lost.push(number)
    tally.lost++
  }
}

const INDEX_MASK = UTP_WINDOW_PACKETS - 1

/** Of nearly every packet of a peer that only sends. */
const NOTHING_NEW: Acknowledgement = { bytes: 0, progressed: false, sentAt: undefined, lost: 0 }

type Tally = { -readonly [Key in keyof Acknowledgement]: Acknowledgement[Key] }
