import type { Clock } from '../clock.ts'

/** How long a seeder keeps a peer that does nothing. */
export interface PeerDeadlines {
  /** How long a peer may say nothing, in milliseconds; clients send a keep-alive every two minutes at least. */
  readonly idleMs: number
  /** How long a peer may read nothing of what we write, in milliseconds. */
  readonly stalledMs: number
}

/** What a peer did for too long: said nothing, read nothing, or stayed when it had been told to go. */
export type Overdue = 'silent' | 'stalled' | 'lingering'

/** Watches one peer's deadlines with one timer, which is looked at when the nearest of them could have passed. */
export class PeerWatch {
  readonly #clock: Clock
  readonly #deadlines: PeerDeadlines
  readonly #overdue: (what: Overdue) => void
  #heardAt: number
  /** Since when the peer has read nothing; undefined while there is room for more. */
  #blockedAt: number | undefined
  #told = false
  #stopped = false
  #cancel: (() => void) | undefined

  /** @param overdue called again and again for as long as it is */
  constructor(clock: Clock, deadlines: PeerDeadlines, overdue: (what: Overdue) => void) {
    this.#clock = clock
    this.#deadlines = deadlines
    this.#overdue = overdue
    this.#heardAt = clock.now()
    this.#schedule()
  }

  /** The peer said something. */
  heard(at: number): void {
    this.#heardAt = at
  }

  /** What is written from now on waits for the peer to read. */
  blocked(): void {
    this.#blockedAt ??= this.#clock.now()
  }

  drained(): void {
    this.#blockedAt = undefined
  }

  /** The peer was told to go, and has to. */
  told(): void {
    this.#told = true
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
    // one that has passed already is looked at again later
    const soonest = Math.min(now + stalledMs, ...deadlines.filter((at) => at > now))
    this.#cancel = this.#clock.schedule(soonest, () => this.#check())
  }

  #check(): void {
    const { idleMs, stalledMs } = this.#deadlines
    const now = this.#clock.now()
    if (this.#told) this.#overdue('lingering')
    else if (this.#blockedAt !== undefined && now - this.#blockedAt >= stalledMs) this.#overdue('stalled')
    else if (now - this.#heardAt >= idleMs) this.#overdue('silent')
    this.#schedule()
  }
}
