import { ChokingAlgorithm, type ChokingDecision } from '../../session/upload/choking.ts'
import type { Clock } from '../clock.ts'
import type { ServedPeer } from './served-peer.ts'

export interface UploadSlotsOptions {
  /** Peers that are unchoked at the same time. */
  readonly slots: number
  /** The currently connected peers. */
  readonly peers: { readonly connections: Iterable<ServedPeer> }
  readonly clock: Clock
  /** As Math.random. */
  readonly random: () => number
}

/** How often slots are reassigned, in milliseconds (BEP 3). */
const ROUND_MS = 10_000

/** Chokes and unchokes the peers of a seeder: in rounds, and between rounds as soon as a slot is free. */
export class UploadSlots {
  readonly #options: UploadSlotsOptions
  readonly #choking: ChokingAlgorithm<ServedPeer>
  #lastRound: number
  #lookDue = false
  #cancelRound: (() => void) | undefined

  constructor(options: UploadSlotsOptions) {
    this.#options = options
    this.#choking = new ChokingAlgorithm({ slots: options.slots })
    this.#lastRound = options.clock.now()
  }

  /** Starts the rounds, once there is a peer. */
  peerCame(): void {
    if (this.#cancelRound !== undefined) return
    this.#cancelRound = this.#options.clock.schedule(this.#lastRound + ROUND_MS, () => this.#round())
  }

  /** Assigns a free slot immediately. Peers that arrive in the same turn of the event loop are considered together. */
  interestChanged(): void {
    if (this.#lookDue) return
    this.#lookDue = true
    queueMicrotask(() => {
      this.#lookDue = false
      const peers = [...this.#options.peers.connections]
      let free = this.#options.slots - peers.filter((peer) => !peer.choked).length
      // no peer loses a slot between rounds
      for (const decision of this.#decide(peers, 0)) {
        if (decision.action === 'unchoke' && free-- > 0) decision.peer.unchoke()
      }
    })
  }

  close(): void {
    this.#cancelRound?.()
  }

  #round(): void {
    this.#cancelRound = undefined
    const now = this.#options.clock.now()
    const seconds = Math.max(1, (now - this.#lastRound) / 1000)
    this.#lastRound = now
    const peers = [...this.#options.peers.connections]
    for (const { peer, action } of this.#decide(peers, seconds)) peer[action]()
    if (peers.length > 0) this.peerCame()
  }

  /** @param seconds since the last round; 0 between rounds, when rates are not updated */
  #decide(peers: readonly ServedPeer[], seconds: number): readonly ChokingDecision<ServedPeer>[] {
    const { clock, random } = this.#options
    const stats = peers.map((peer) => ({
      peer,
      interested: peer.interested,
      choked: peer.choked,
      uploadRate: seconds === 0 ? 0 : peer.takeRoundBytes() / seconds,
      downloadRate: 0,
      connectedAt: peer.connectedAt,
    }))
    return this.#choking.round(clock.now(), 'seed', stats, random).decisions
  }
}
