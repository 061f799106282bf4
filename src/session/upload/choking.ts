/** How often the unchoked peers are chosen anew, in milliseconds (BEP 3). */
const CHOKING_ROUND_MS = 10_000

/** How long one peer keeps the optimistic slot, in milliseconds (BEP 3). */
const OPTIMISTIC_ROTATION_MS = 30_000

/** Peers unchoked at a time, the optimistic one included (BEP 3). */
const UNCHOKE_SLOTS = 4

/** How much likelier a new connection is to get the optimistic slot (BEP 3). */
const NEW_CONNECTION_WEIGHT = 3

/** What the choice needs to know of one peer. */
export interface PeerStats<Key> {
  readonly peer: Key
  /** Whether the peer is interested in us. */
  readonly interested: boolean
  /** Whether we choke it now. */
  readonly choked: boolean
  /** Bytes a second that we send to the peer. */
  readonly uploadRate: number
  /** Bytes a second that we get from the peer. */
  readonly downloadRate: number
  /** When the connection was made, in milliseconds on the caller's clock. */
  readonly connectedAt: number
}

/** A message to send: peers that stay as they are get no decision. */
export interface ChokingDecision<Key> {
  readonly peer: Key
  readonly action: 'choke' | 'unchoke'
}

/** What one round decided; only peers whose state changes are in it. */
export interface ChokingRound<Key> {
  /** Chokes first, so that no more than the slots are ever open. */
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
 * Who gets unchoked: the best interested peers by rate (a seed looks at what it can send them, a leecher at what it
 * gets), and one chosen at random whatever its rate, who keeps that slot for 30 seconds. Rounds are due
 * every 10 seconds; calling in between, when a peer came or left, is fine and does not shorten anybody's turn.
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
   * Chooses. Does not send anything: the caller sends the decisions and gives the new `choked` flags next time.
   *
   * @param at milliseconds on the caller's clock
   * @param role a seed has nothing to get, so it goes by upload rate
   * @param random as Math.random; drawn once, when the optimistic slot is given away
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

  /** Gives the optimistic slot away when its holder's time is over, or when it left or lost interest. */
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

/** Best first; with equal rates those who are unchoked stay so, and then the older connection wins. */
function byRate(a: PeerStats<unknown>, b: PeerStats<unknown>, role: 'seed' | 'leecher'): number {
  const rate = role === 'seed' ? b.uploadRate - a.uploadRate : b.downloadRate - a.downloadRate
  return rate || Number(a.choked) - Number(b.choked) || a.connectedAt - b.connectedAt
}

/** A candidate by lot; one that connected after `newSince` has three lots. */
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
