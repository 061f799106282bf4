import { UTP_HEADER_LENGTH } from '../../wire/utp/packet.ts'
import { UtpCongestion } from './congestion.ts'
import { UtpRoundTrip } from './round-trip.ts'
import { type SentPacket, UtpSendWindow } from './send-window.ts'
import { UtpWriteQueue } from './write-queue.ts'

/** Consecutive timeouts after which the connection counts as lost: 0.5 + 1 + 2 + 4 + 8 + 16 s on a fast path. */
const MAX_TIMEOUTS = 5
/** How long the peer's window may stay closed before we probe with one packet, in case the update was lost, in ms. */
const WINDOW_PROBE_MS = 5000
/** How long an acknowledgement may take, on top of two round trips, before a packet counts as lost, in ms. */
const OVERDUE_MS = 50
/** Payload while packets time out, in case the path drops large ones: 576 bytes with all headers. */
const SAFE_PAYLOAD = 528

/** What the peer reports about our packets. */
export interface PeerReport {
  readonly acknowledged: number
  readonly selectiveAck: Uint8Array | undefined
  readonly windowSize: number
  /** In microseconds; undefined when the peer has not measured it. */
  readonly delay: number | undefined
  /** Whether the packet carried nothing else. */
  readonly isPure: boolean
}

/** The sending direction of a uTP connection: splits bytes into packets, paces them, resends lost ones. Pure. */
export class UtpSender {
  readonly #window: UtpSendWindow
  readonly #queue = new UtpWriteQueue()
  readonly #roundTrip = new UtpRoundTrip()
  readonly #congestion: UtpCongestion
  readonly #payloadLimit: number
  #peerWindow = 0
  #ending = false
  #endSent = false
  #timeouts = 0
  #allTimeouts = 0
  #heardSinceTimeout = false
  /** Whether the peer sent anything since the first of the current timeouts. */
  #heardWhileWaiting = false
  #timeoutAt: number | undefined
  #probeAt: number | undefined
  #lost = 0
  #resent = 0

  /**
   * @param first number of the first packet
   * @param payloadLimit payload of a full packet, in bytes
   */
  constructor(first: number, payloadLimit: number) {
    this.#window = new UtpSendWindow(first)
    this.#payloadLimit = payloadLimit
    this.#congestion = new UtpCongestion(payloadLimit)
  }

  get next(): number {
    return this.#window.next
  }

  /** Bytes written and not yet in a packet. */
  get queuedBytes(): number {
    return this.#queue.length
  }

  /** Whether bytes are held back only to fill a packet; `pump` with `withPartial` sends them. */
  get hasPartial(): boolean {
    const { length } = this.#queue
    if (length === 0 || length >= this.#payload || this.#isBlocked) return false
    const room = this.#room()
    return room >= length || (room > 0 && this.#window.isEmpty)
  }

  /** Whether the peer has acknowledged everything, the FIN included. */
  get isDone(): boolean {
    return this.#endSent && this.#window.isEmpty
  }

  /** When `tick` has something to do, in ms. */
  get wakeAt(): number | undefined {
    return this.#timeoutAt ?? this.#probeAt
  }

  get stats() {
    return {
      roundTripMs: this.#roundTrip.rttMs,
      roundTripVarianceMs: this.#roundTrip.varianceMs,
      queueingDelayMs: this.#congestion.delayMs,
      congestionWindow: this.#congestion.window,
      peerWindow: this.#peerWindow,
      packetPayload: this.#payload,
      packetsLost: this.#lost,
      packetsResent: this.#resent,
      timeouts: this.#allTimeouts,
    }
  }

  write(bytes: Uint8Array): void {
    if (!this.#ending) this.#queue.push(bytes)
  }

  /** Ends the stream: a FIN follows the last byte. */
  end(): void {
    this.#ending = true
  }

  setPeerWindow(bytes: number): void {
    this.#peerWindow = bytes
  }

  sampleRoundTrip(ms: number): void {
    this.#roundTrip.sample(ms)
  }

  /** Whether the peer can have sent this acknowledgement; see `UtpSendWindow.isPlausible`. */
  isPlausible(acknowledged: number): boolean {
    return this.#window.isPlausible(acknowledged)
  }

  /** Handles what a plausible packet from the peer reports about ours. */
  acknowledge(at: number, report: PeerReport): void {
    this.#heardSinceTimeout = true
    this.#heardWhileWaiting = this.#timeouts > 0
    if (!this.#window.isCurrent(report.acknowledged)) return
    const isWindowUpdate = report.windowSize !== this.#peerWindow
    this.#peerWindow = report.windowSize
    const inFlight = this.#window.inFlightBytes
    const isPure = report.isPure && !isWindowUpdate
    const { bytes, progressed, sentAt, lost } = this.#window.acknowledge(
      report.acknowledged,
      report.selectiveAck,
      isPure,
    )
    // the delay in a packet that acknowledges nothing new has been counted before
    if (bytes > 0) this.#congestion.onAcknowledged(at, { bytes, inFlight, delay: report.delay })
    if (sentAt !== undefined) this.#roundTrip.sample(at - sentAt)
    if (progressed) {
      this.#timeouts = 0
      this.#roundTrip.progressed()
      this.#timeoutAt = this.#window.isEmpty ? undefined : at + this.#roundTrip.timeoutMs
    }
    const allLost = lost === 0 && !progressed ? this.#takeOverdue(at) : lost
    if (allLost > 0) {
      this.#lost += allLost
      this.#congestion.onLoss(at, this.#roundTrip.rttMs ?? 0)
    }
  }

  /**
   * Takes the packets that may be sent now; each must be sent at once.
   * @param withPartial whether to include a packet that is not full
   */
  pump(at: number, withPartial: boolean): readonly SentPacket[] {
    const packets: SentPacket[] = []
    this.#pumpLost(at, packets)
    while (this.#queue.length > 0 && !this.#isBlocked) {
      const length = Math.min(this.#nextLength(withPartial), this.#queue.length)
      if (length === 0) break
      packets.push(this.#pushData(at, length))
    }
    if (this.#ending && !this.#endSent && this.#queue.length === 0 && !this.#window.isFull) {
      this.#endSent = true
      packets.push(this.#window.push(at, 'fin', new Uint8Array(UTP_HEADER_LENGTH)))
    }
    this.#setTimers(at, packets.length > 0)
    return packets
  }

  /**
   * Handles timeouts that are due at `at`.
   * @returns false when the peer did not answer any resend: the connection is lost
   */
  tick(at: number): boolean {
    if (this.#timeoutAt !== undefined && at >= this.#timeoutAt) return this.#onTimeout(at)
    if (this.#probeAt !== undefined && at >= this.#probeAt) {
      this.#probeAt = undefined
      // as if the peer had offered room for one packet; its answer carries the real window
      if (this.#peerWindow === 0) this.#peerWindow = 1
    }
    return true
  }

  /** Why the connection is given up, as text. */
  get giveUpDetail(): string {
    const length = this.#window.oldestLength
    // silence alone says nothing about packet sizes: a broken path and a hanging client look the same
    const size =
      this.#heardWhileWaiting && length > SAFE_PAYLOAD
        ? `, but sent packets itself: packets of ${length} bytes may be too large for the path`
        : ''
    return `the peer acknowledged nothing during ${this.#timeouts} consecutive timeouts${size}`
  }

  clear(): void {
    this.#queue.clear()
    this.#timeoutAt = undefined
    this.#probeAt = undefined
  }

  /** No later packets reveal the loss of the last packets of a batch, but packets from the peer do. */
  #takeOverdue(at: number): number {
    const { rttMs, varianceMs } = this.#roundTrip
    return rttMs === undefined ? 0 : this.#window.takeOverdue(at - 2 * rttMs - 4 * varianceMs - OVERDUE_MS)
  }

  get #payload(): number {
    return this.#timeouts > 0 ? Math.min(this.#payloadLimit, SAFE_PAYLOAD) : this.#payloadLimit
  }

  /** Whether nothing new may be sent, because too much is unacknowledged or lost packets go first. */
  get #isBlocked(): boolean {
    return this.#window.isFull || this.#window.peekLost() !== undefined
  }

  /** Bytes that may be sent now. */
  #room(): number {
    return Math.min(this.#congestion.window, this.#peerWindow) - this.#window.inFlightBytes
  }

  #pumpLost(at: number, packets: SentPacket[]): void {
    for (let lost = this.#window.peekLost(); lost !== undefined; lost = this.#window.peekLost()) {
      const fits = this.#window.inFlightBytes + lost.length <= this.#congestion.window
      // the oldest one, which everything waits for, is sent in any case
      if (!fits && lost.number !== this.#window.oldest) return
      this.#window.resend(at, lost)
      this.#resent++
      packets.push(lost)
    }
  }

  /** Payload of the next packet; 0 when none may be sent. */
  #nextLength(withPartial: boolean): number {
    const wanted = Math.min(this.#payload, this.#queue.length)
    if (wanted < this.#payload && !withPartial && !this.#ending) return 0
    const room = this.#room()
    if (wanted <= room) return wanted
    // a window smaller than a packet is used only when nothing is in flight: small packets cost as much as large ones
    return this.#window.isEmpty ? Math.max(0, room) : 0
  }

  #pushData(at: number, length: number): SentPacket {
    const datagram = new Uint8Array(UTP_HEADER_LENGTH + length)
    this.#queue.take(datagram, UTP_HEADER_LENGTH, length)
    return this.#window.push(at, 'data', datagram)
  }

  #setTimers(at: number, sent: boolean): void {
    if (this.#window.isEmpty) {
      this.#timeoutAt = undefined
      if (this.#queue.length === 0 || this.#peerWindow > 0) this.#probeAt = undefined
      else this.#probeAt ??= at + WINDOW_PROBE_MS
      return
    }
    this.#probeAt = undefined
    if (sent) this.#timeoutAt ??= at + this.#roundTrip.timeoutMs
  }

  #onTimeout(at: number): boolean {
    this.#allTimeouts++
    // a peer that answers and keeps its window closed is slow, not gone
    const isShut = this.#heardSinceTimeout && this.#peerWindow === 0
    this.#heardSinceTimeout = false
    if (!isShut && ++this.#timeouts > MAX_TIMEOUTS) return false
    this.#window.loseAll()
    this.#congestion.onTimeout()
    if (!isShut) this.#roundTrip.backOff()
    this.#timeoutAt = at + (isShut ? WINDOW_PROBE_MS : this.#roundTrip.timeoutMs)
    return true
  }
}
