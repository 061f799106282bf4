/** Interval between choking rounds, in milliseconds (BEP 3). */
const CHOKING_ROUND_MS = 10_000

/** How long one peer keeps the optimistic slot, in milliseconds (BEP 3). */
const OPTIMISTIC_ROTATION_MS = 30_000

/** Peers unchoked at a time, the optimistic one included (BEP 3). */
const UNCHOKE_SLOTS = 4

/** How much likelier a new connection is to get the optimistic slot (BEP 3). */
const NEW_CONNECTION_WEIGHT = 3

/** What the algorithm needs to know about one peer. */
export interface PeerStats<Key> {
  readonly peer: Key
  /** Whether the peer is interested in us. */
  readonly interested: boolean
  /** Whether we choke it now. */
  readonly choked: boolean
  /** Bytes per second that we send to the peer. */
  readonly uploadRate: number
  /** Bytes per second that we receive from the peer. */
  readonly downloadRate: number
  /** When the connection was made, in milliseconds on the caller's clock. */
  readonly connectedAt: number
}

/** A message to send. There is no decision for peers whose state does not change. */
export interface ChokingDecision<Key> {
  readonly peer: Key
  readonly action: 'choke' | 'unchoke'
}

/** The result of one round; it contains only peers whose state changes. */
export interface ChokingRound<Key> {
  /** Chokes first, so that the number of open slots is never exceeded. */
  readonly decisions: readonly ChokingDecision<Key>[]
  /** Who holds the optimistic slot. */
  readonly optimistic: Key | undefined
  /** When to call again, in milliseconds on the caller's clock. */
  readonly nextAt: number
}

/** Slots and times of the algorithm; times in milliseconds. */
export interface ChokingOptions {
  /** Peers unchoked at a time; at least 1. Default 4. */
  readonly slots?: number
  /** From one round to the next. Default 10 s. */
  readonly roundMs?: number
  /** How long one peer has the optimistic slot. Default 30 s. */
  readonly optimisticMs?: number
}

/**
 * Chooses the peers to unchoke: the interested peers with the best rate (upload rate for a seed, download rate for a
 * leecher), and one at random, which keeps the optimistic slot for 30 seconds. Rounds are due every 10 seconds. Extra
 * calls, for example when a peer joins or leaves, are fine and do not shorten the turn of any peer.
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer messages"
 */
export class ChokingAlgorithm<Key = string> {
  readonly #slots: number
  readonly #roundMs: number
  readonly #optimisticMs: number
  #optimistic: Key | undefined
  #optimisticSince = Number.NEGATIVE_INFINITY

  /** @throws RangeError when there is not at least one slot */
  constructor(options: ChokingOptions = {}) {
    this.#slots = options.slots ?? UNCHOKE_SLOTS
    this.#roundMs = options.roundMs ?? CHOKING_ROUND_MS
    this.#optimisticMs = options.optimisticMs ?? OPTIMISTIC_ROTATION_MS
    if (!Number.isInteger(this.#slots) || this.#slots < 1) throw new RangeError(`${this.#slots} slots`)
  }

  /**
   * Runs one round. Sends nothing: the caller sends the decisions and passes the new `choked` flags next time.
   *
   * @param at milliseconds on the caller's clock
   * @param role a seed downloads nothing, so it ranks peers by upload rate
   * @param random like Math.random; called once, when the optimistic slot is assigned
   */
  round(
    at: number,
    role: 'seed' | 'leecher',
    peers: readonly PeerStats<Key>[],
    random: () => number,
  ): ChokingRound<Key> {
    const ranked = peers.filter((peer) => peer.interested).sort((a, b) => byRate(a, b, role))
    this.#rotate(at, ranked, random)
    const optimistic = ranked.find(({ peer }) => peer === this.#optimistic)
    const others = ranked.filter((peer) => peer !== optimistic)
    const unchoked = new Set(others.slice(0, optimistic === undefined ? this.#slots : this.#slots - 1))
    if (optimistic !== undefined) unchoked.add(optimistic)
    return { decisions: decide(peers, unchoked), optimistic: this.#optimistic, nextAt: at + this.#roundMs }
  }

  /** Reassigns the optimistic slot when its holder's time is over, or when it left or lost interest. */
  #rotate(at: number, ranked: readonly PeerStats<Key>[], random: () => number): void {
    const holds = ranked.some(({ peer }) => peer === this.#optimistic)
    if (holds && at - this.#optimisticSince < this.#optimisticMs) return
    const previous = this.#optimistic
    const candidates = ranked.slice(this.#slots - 1)
    const others = candidates.filter(({ peer }) => peer !== previous)
    const chosen = draw(others.length > 0 ? others : candidates, at - this.#optimisticMs, random)
    this.#optimistic = chosen?.peer
    this.#optimisticSince = at
  }
}

/** Best first. At equal rates unchoked peers stay unchoked, then the older connection wins. */
function byRate(a: PeerStats<unknown>, b: PeerStats<unknown>, role: 'seed' | 'leecher'): number {
  const rate = role === 'seed' ? b.uploadRate - a.uploadRate : b.downloadRate - a.downloadRate
  return rate || Number(a.choked) - Number(b.choked) || a.connectedAt - b.connectedAt
}

/** A random candidate. One that connected after `newSince` has three times the weight. */
function draw<Key>(
  candidates: readonly PeerStats<Key>[],
  newSince: number,
  random: () => number,
): PeerStats<Key> | undefined {
  const lots = candidates.flatMap((peer) =>
    peer.connectedAt > newSince ? Array.from({ length: NEW_CONNECTION_WEIGHT }, () => peer) : [peer],
  )
  return lots[Math.min(Math.floor(random() * lots.length), lots.length - 1)]
}

function decide<Key>(
  peers: readonly PeerStats<Key>[],
  unchoked: ReadonlySet<PeerStats<Key>>,
): ChokingDecision<Key>[] {
  const chokes = peers.filter((peer) => !peer.choked && !unchoked.has(peer))
  const unchokes = peers.filter((peer) => peer.choked && unchoked.has(peer))
  return [
    ...chokes.map(({ peer }) => ({ peer, action: 'choke' as const })),
    ...unchokes.map(({ peer }) => ({ peer, action: 'unchoke' as const })),
  ]
}
