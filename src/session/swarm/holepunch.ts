/** How long an attempt may take from the rendezvous to the connection, in milliseconds. */
const HOLEPUNCH_TIMEOUT_MS = 30_000

/** How long to wait after a failed attempt before the next, in milliseconds. */
const HOLEPUNCH_RETRY_MS = 5000

/**
 * - `idle`: no attempt was made yet
 * - `rendezvous`: the relay was asked to introduce us
 * - `connecting`: the relay asked both sides to connect to each other
 */
export type HolepunchPhase = 'idle' | 'rendezvous' | 'connecting' | 'connected' | 'failed'

/** Why an attempt failed; the relay's reasons are the error codes of BEP 55. */
export type HolepunchFailure =
  'no-such-peer' | 'not-connected' | 'no-support' | 'no-self' | 'unknown' | 'timeout'

/**
 * One target that we try to reach through a relay. An unrequested *connect* has no effect, so a relay cannot make us dial.
 * Times are milliseconds on the caller's clock.
 * @see https://www.bittorrent.org/beps/bep_0055.html
 */
export class HolepunchState {
  #phase: HolepunchPhase = 'idle'
  #since = Number.NEGATIVE_INFINITY
  #failure: HolepunchFailure | undefined

  get phase(): HolepunchPhase {
    return this.#phase
  }

  /** Why the last attempt failed, until the next one. */
  get failure(): HolepunchFailure | undefined {
    return this.#failure
  }

  /** Whether a rendezvous may be sent now. */
  canStart(at: number): boolean {
    return this.#phase === 'idle' || (this.#phase === 'failed' && at - this.#since >= HOLEPUNCH_RETRY_MS)
  }

  /** Records that the rendezvous is sent. Returns false when it is too early or an attempt is in progress. */
  start(at: number): boolean {
    if (!this.canStart(at)) return false
    this.#enter('rendezvous', at)
    this.#failure = undefined
    return true
  }

  /** Records the relay's *connect* for this target. Returns true when we should dial it now. */
  receivedConnect(): boolean {
    if (this.#phase !== 'rendezvous') return false
    // the time limit counts from the rendezvous: one limit for the whole attempt
    this.#phase = 'connecting'
    return true
  }

  /** Records the relay's *error*. Returns false when there was no rendezvous. */
  receivedError(failure: Exclude<HolepunchFailure, 'timeout'>, at: number): boolean {
    if (this.#phase !== 'rendezvous') return false
    this.#fail(failure, at)
    return true
  }

  /** Records that the target is connected, whichever side dialled. */
  connected(at: number): void {
    this.#enter('connected', at)
    this.#failure = undefined
  }

  /** Ends an attempt that took 30 seconds. Returns true when this call ended it. */
  expire(at: number): boolean {
    const waiting = this.#phase === 'rendezvous' || this.#phase === 'connecting'
    if (!waiting || at - this.#since < HOLEPUNCH_TIMEOUT_MS) return false
    this.#fail('timeout', at)
    return true
  }

  /** When to call `expire`, or after a failure `start`; undefined when neither is due. */
  get wakeAt(): number | undefined {
    switch (this.#phase) {
      case 'rendezvous':
      case 'connecting':
        return this.#since + HOLEPUNCH_TIMEOUT_MS
      case 'failed':
        return this.#since + HOLEPUNCH_RETRY_MS
      case 'idle':
      case 'connected':
        return undefined
    }
  }

  #fail(failure: HolepunchFailure, at: number): void {
    this.#enter('failed', at)
    this.#failure = failure
  }

  #enter(phase: HolepunchPhase, at: number): void {
    this.#phase = phase
    this.#since = at
  }
}
