import type { Clock } from '../clock.ts'

/** How long a seeder keeps a peer that does nothing. */
export interface PeerDeadlines {
  /** How long a peer may be silent, in milliseconds; clients send a keep-alive at least every two minutes. */
  readonly idleMs: number
  /** How long a peer may not read what we write, in milliseconds. */
  readonly stalledMs: number
}

/** The deadline that a peer missed: it sent nothing, read nothing, or did not close after we did. */
export type MissedDeadline = 'silent' | 'stalled' | 'lingering'

/** Watches the deadlines of one peer with one timer, which fires when the nearest deadline could have passed. */
export class PeerWatch {
  readonly #clock: Clock
  readonly #deadlines: PeerDeadlines
  readonly #missed: (what: MissedDeadline) => void
  #heardAt: number
  /** Since when the peer has not read anything; undefined while more can be written. */
  #blockedAt: number | undefined
  #isClosing = false
  #stopped = false
  #cancel: (() => void) | undefined

  /** @param missed called repeatedly while a deadline is exceeded */
  constructor(clock: Clock, deadlines: PeerDeadlines, missed: (what: MissedDeadline) => void) {
    this.#clock = clock
    this.#deadlines = deadlines
    this.#missed = missed
    this.#heardAt = clock.now()
    this.#schedule()
  }

  /** Call it when the peer sent something. */
  heard(at: number): void {
    this.#heardAt = at
  }

  /** Call it when written data starts to wait for the peer to read. */
  blocked(): void {
    this.#blockedAt ??= this.#clock.now()
  }

  drained(): void {
    this.#blockedAt = undefined
  }

  /** Call it when we closed and the peer must follow. */
  closing(): void {
    this.#isClosing = true
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #schedule(): void {
    if (this.#stopped) return
    const { idleMs, stalledMs } = this.#deadlines
    const now = this.#clock.now()
    const deadlines = [this.#heardAt + idleMs, (this.#blockedAt ?? now) + stalledMs]
    // a deadline that has already passed is checked again later
    const soonest = Math.min(now + stalledMs, ...deadlines.filter((at) => at > now))
    this.#cancel = this.#clock.schedule(soonest, () => this.#check())
  }

  #check(): void {
    const { idleMs, stalledMs } = this.#deadlines
    const now = this.#clock.now()
    if (this.#isClosing) this.#missed('lingering')
    else if (this.#blockedAt !== undefined && now - this.#blockedAt >= stalledMs) this.#missed('stalled')
    else if (now - this.#heardAt >= idleMs) this.#missed('silent')
    this.#schedule()
  }
}
