import { UTP_SEND_WINDOW } from '../../base/limits.ts'
import { UtpDelayHistory } from './delay-history.ts'

/** Target queueing delay of LEDBAT, in ms. */
const TARGET_DELAY_MS = 100
/** Maximum growth of the window in one round trip, in bytes (BEP 29: MAX_CWND_INCREASE_PACKETS_PER_RTT). */
const GAIN = 3000
/** Losses within this time, or within a round trip, count as one event. */
const MIN_LOSS_INTERVAL_MS = 100
/** Packets in flight at the start. */
const INITIAL_PACKETS = 4

/** What the congestion control needs from one acknowledgement. */
export interface AcknowledgedBytes {
  /** Bytes newly acknowledged, at least one. */
  readonly bytes: number
  /** Bytes in flight before it was received. */
  readonly inFlight: number
  /** The peer's timestamp difference in microseconds, undefined when it sent none. */
  readonly delay: number | undefined
}

/**
 * LEDBAT congestion control. The window (in bytes) grows while our packets wait less than 100 ms in queues, shrinks when
 * they wait longer, and is halved on loss. It doubles each round trip until the first delay or loss.
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
    const offTarget = (TARGET_DELAY_MS - this.#delayMs) / TARGET_DELAY_MS
    // an unused window says nothing about the path
    const used = 2 * inFlight >= this.#window
    if (this.#window < this.#slowStartLimit) {
      if (offTarget < 0.5) this.#slowStartLimit = this.#window
      else if (used) this.#set(this.#window + bytes)
      return
    }
    if (offTarget > 0 && !used) return
    this.#set(this.#window + GAIN * Math.max(offTarget, -1) * Math.min(1, bytes / this.#window))
  }

  /** A packet was lost, but others arrived. */
  onLoss(at: number, rttMs: number): void {
    if (at - this.#lastLossAt < Math.max(rttMs, MIN_LOSS_INTERVAL_MS)) return
    this.#lastLossAt = at
    this.#set(this.#window / 2)
    this.#slowStartLimit = this.#window
  }

  /** Nothing arrived: start again with one packet. */
  onTimeout(): void {
    this.#slowStartLimit = Math.max(this.#window / 2, 2 * this.#packetLength)
    this.#set(0)
  }

  #set(window: number): void {
    this.#window = Math.min(Math.max(window, this.#packetLength), UTP_SEND_WINDOW)
  }
}
