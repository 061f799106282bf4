import { UTP_SEND_WINDOW } from '../../base/limits.ts'
import { UtpDelayHistory } from './delay-history.ts'

/** Queueing delay that LEDBAT aims at, in ms. */
const TARGET_DELAY_MS = 100
/** Most bytes that the window grows in one round trip (BEP 29: MAX_CWND_INCREASE_PACKETS_PER_RTT). */
const GAIN = 3000
/** Losses closer together than this, or than a round trip, are one event. */
const MIN_LOSS_INTERVAL_MS = 100
/** Packets in flight at the start. */
const INITIAL_PACKETS = 4

/** What one acknowledgement tells the congestion control. */
export interface AcknowledgedBytes {
  /** Bytes newly acknowledged. */
  readonly bytes: number
  /** Bytes that were in flight before it came. */
  readonly inFlight: number
  /** The peer's timestamp difference in microseconds, undefined when it sent none. */
  readonly delay: number | undefined
}

/**
 * LEDBAT: the window in bytes grows while our packets wait less than 100 ms in queues, shrinks when they wait longer
 * and is halved on loss. It doubles each round trip until the first sign of either.
 * @see https://www.bittorrent.org/beps/bep_0029.html "congestion control"
 */
export class UtpCongestion {
  readonly #packetLength: number
  readonly #delays = new UtpDelayHistory()
  #window: number
  #slowStartLimit = UTP_SEND_WINDOW
  #lastLossAt = -Infinity
  #delayMs = 0

  /** @param packetLength payload of a full packet: the window never shrinks below one */
  constructor(packetLength: number) {
    this.#packetLength = packetLength
    this.#window = INITIAL_PACKETS * packetLength
  }

  /** Bytes that may be in flight. */
  get window(): number {
    return Math.floor(this.#window)
  }

  /** Queueing delay of our packets, in ms, as last measured. */
  get delayMs(): number {
    return this.#delayMs
  }

  onAcknowledged(at: number, { bytes, inFlight, delay }: AcknowledgedBytes): void {
    if (delay !== undefined) this.#delayMs = this.#delays.add(at, delay)
    if (bytes === 0) return
    const offTarget = (TARGET_DELAY_MS - this.#delayMs) / TARGET_DELAY_MS
    // a window that is not used says nothing about the path
    const used = 2 * inFlight >= this.#window
    if (this.#window < this.#slowStartLimit) {
      if (offTarget < 0.5) this.#slowStartLimit = this.#window
      else if (used) this.#set(this.#window + bytes)
      return
    }
    if (offTarget > 0 && !used) return
    this.#set(this.#window + GAIN * Math.max(offTarget, -1) * Math.min(1, bytes / this.#window))
  }

  /** A packet was lost and others came through. */
  onLoss(at: number, rttMs: number): void {
    if (at - this.#lastLossAt < Math.max(rttMs, MIN_LOSS_INTERVAL_MS)) return
    this.#lastLossAt = at
    this.#set(this.#window / 2)
    this.#slowStartLimit = this.#window
  }

  /** Nothing came through: start again with one packet. */
  onTimeout(): void {
    this.#slowStartLimit = Math.max(this.#window / 2, 2 * this.#packetLength)
    this.#set(0)
  }

  #set(window: number): void {
    this.#window = Math.min(Math.max(window, this.#packetLength), UTP_SEND_WINDOW)
  }
}
