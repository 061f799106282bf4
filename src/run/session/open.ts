import { isIP } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { ResolvedAddress } from '../../net/resolve.ts'
import type { DialOptions, Endpoint } from '../../net/transport.ts'
import { checkSessionOptions, type PeerName, type SessionOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import { pause, untilAborted } from '../until-aborted.ts'
import { dialOnce, type LocalPeer, openOnce } from './connect-once.ts'
import {
  ENCRYPTION_PLANS,
  type EncryptionVariant,
  nextVariant,
  RECONNECT_PAUSE_MS,
} from './encryption-plan.ts'
import { localFeatures, localPeerId, localTorrent } from './local-peer.ts'
import type { Attempt, SessionLog } from './log.ts'
import { failedTry, refusal } from './refusal.ts'

/** A session after both handshakes. */
export interface OpenSession {
  readonly connection: PeerConnection
  readonly attempt: Attempt
}

/**
 * Opens a session with the peer or, if it cannot be reached, with the first of the other peers that can. Logs every
 * attempt, including failed ones with their errors.
 *
 * @throws PeerError with the phase in which it ended. If none was reached, it is about the last peer, which the report
 *   names
 */
export async function openSession(
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<OpenSession> {
  checkSessionOptions(options)
  return new Opening(planOf(options, ports), ports, log).run()
}

/** The options that apply to all attempts. */
interface OpeningPlan {
  /** In the order in which they are tried. */
  readonly peers: readonly PeerName[]
  readonly family: 4 | 6 | undefined
  readonly dial: Pick<DialOptions, 'timeoutMs' | 'source' | 'transport' | 'proxy'>
  readonly variants: (typeof ENCRYPTION_PLANS)[keyof typeof ENCRYPTION_PLANS]
  readonly handshakeTimeoutMs: number
  /** Creates our identity for the next connection, with a new random part of the peer id. */
  readonly localPeer: () => LocalPeer
}

function planOf(options: SessionOptions, { random }: Ports): OpeningPlan {
  const { source, transport, proxy } = options
  const torrent = localTorrent(options.torrent)
  const features = localFeatures(options)
  return {
    peers: [options.peer, ...(options.otherPeers ?? [])],
    family: options.family,
    dial: { timeoutMs: options.connectTimeoutMs, source, transport, proxy },
    variants: ENCRYPTION_PLANS[options.encryption ?? 'auto'],
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    localPeer: () => ({ torrent, features, peerId: localPeerId(options.peerId, random) }),
  }
}

/** Tries peers, their addresses and the variants of encryption in turn until a session is open. */
class Opening {
  readonly #plan: OpeningPlan
  readonly #ports: Ports
  readonly #log: SessionLog

  constructor(plan: OpeningPlan, ports: Ports, log: SessionLog) {
    this.#plan = plan
    this.#ports = ports
    this.#log = log
  }

  async run(): Promise<OpenSession> {
    const opened = await this.#firstReached(this.#plan.peers, (peer) => this.#openPeer(peer))
    if ('failures' in opened) throw opened.failures.at(-1)
    return opened
  }

  /** Resolves the peer and tries its addresses until one accepts. */
  async #openPeer(peer: PeerName): Promise<OpenSession> {
    const { clock } = this.#ports
    if (peer !== this.#log.peer) this.#log.turnTo(peer)
    // a literal address does not need a lookup: the clock starts when it is dialled
    if (isIP(peer.host) === 0) this.#log.start(clock.now())
    const addresses = await this.#resolve(peer)
    this.#log.start(clock.now())
    const opened = await this.#firstReached(addresses, ({ address, family }) =>
      this.#openAt({ address, family, port: peer.port }),
    )
    if ('failures' in opened) throw opened.failures[0]
    return opened
  }

  /**
   * Tries one place after the other until one is reached; returns the failures if none is. A place that accepts and
   * then fails ends the search.
   */
  async #firstReached<Place>(
    places: readonly Place[],
    open: (place: Place) => Promise<OpenSession>,
  ): Promise<OpenSession | { readonly failures: readonly unknown[] }> {
    const failures: unknown[] = []
    for (const place of places) {
      const tried = this.#log.attempts.length
      try {
        return await open(place)
      } catch (error) {
        if (!this.#isUnreached(error, tried) || this.#isAborted) throw error
        failures.push(error)
      }
    }
    return { failures }
  }

  /** Whether the network prevented every attempt from that index on. A bug does not count: it would fail everywhere. */
  #isUnreached(error: unknown, from: number): boolean {
    if (!(error instanceof PeerError) || error.code === 'E_INTERNAL') return false
    return this.#log.attempts.slice(from).every(({ transport }) => transport === undefined)
  }

  async #resolve({ host }: PeerName): Promise<readonly ResolvedAddress[]> {
    const { clock, resolve, signal } = this.#ports
    const { family, dial } = this.#plan
    const startedAt = clock.now()
    // a local DNS lookup would leak the name that the proxy is meant to hide
    if (dial.proxy !== undefined && isIP(host) === 0) return [{ address: host, family: 4 }]
    try {
      const addresses = await untilAborted(() => resolve(host, family), signal)
      const literal = addresses.length === 1 && addresses[0]?.address === host
      if (!literal) this.#log.resolved(clock.now())
      if (addresses.length > 0) return addresses
      throw new PeerError('E_NAME_NOT_FOUND', `${host} has no address`, { phase: 'resolve' })
    } catch (error) {
      const plan = { to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'resolve' } as const
      this.#log.endAttempt(this.#log.beginAttempt(plan, startedAt), error, clock.now())
      throw error
    }
  }

  /** Tries one address, and tries it again with other variants if they can help. */
  async #openAt(to: Endpoint): Promise<OpenSession> {
    const { variants } = this.#plan
    const attempts: Attempt[] = []
    let variant: EncryptionVariant = variants[0]
    for (;;) {
      const attempt = this.#beginAttempt(to, variant)
      attempts.push(attempt)
      try {
        return { connection: await this.#connect(attempt, to), attempt }
      } catch (error) {
        this.#log.endAttempt(attempt, error, this.#ports.clock.now())
        if (this.#isAborted || !(error instanceof PeerError) || error.code === 'E_INTERNAL') throw error
        const next = nextVariant(variants, attempts.map(failedTry))
        if (next === undefined) throw refusal(attempts) ?? error
        variant = next
      }
      await pause(RECONNECT_PAUSE_MS, this.#ports)
    }
  }

  #beginAttempt(to: Endpoint, variant: EncryptionVariant): Attempt {
    const { transport = 'tcp', proxy } = this.#plan.dial
    const isName = isIP(to.address) === 0
    const phase = proxy === undefined ? 'connect' : 'proxy'
    const plan = { to: isName ? undefined : to, transportKind: transport, variant, phase } as const
    return this.#log.beginAttempt(plan, this.#ports.clock.now())
  }

  /**
   * Makes one connection, up to both handshakes, with fresh state. Closes it on failure.
   * @param to the endpoint; its address is a name if a proxy resolves it
   */
  async #connect(attempt: Attempt, to: Endpoint): Promise<PeerConnection> {
    const { dial, handshakeTimeoutMs, localPeer } = this.#plan
    const shared = { ports: this.#ports, log: this.#log }
    const dialled = await dialOnce(attempt, to, dial, shared)
    return openOnce(attempt, dialled, { localPeer: localPeer(), handshakeTimeoutMs, ...shared })
  }

  get #isAborted(): boolean {
    return this.#ports.signal?.aborted === true
  }
}
