import { extended } from '../../base/extended.ts'
import { isIP } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { CapturePort } from '../../net/capture/tap.ts'
import type { ResolvedAddress } from '../../net/resolve.ts'
import type { DialOptions, Endpoint } from '../../net/transport.ts'
import { checkSessionOptions, type PeerName, type SessionOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import { withComments } from '../capture/with-comments.ts'
import { pause, untilAborted } from '../until-aborted.ts'
import { dialOnce, type LocalPeer, openOnce, prepareVariant } from './connect-once.ts'
import { ENCRYPTION_PLANS } from './encryption-plan.ts'
import { failedTry } from './failed-try.ts'
import { localFeatures, localPeerId, localTorrent } from './local-peer.ts'
import type { Attempt, SessionLog } from './log.ts'
import {
  type AttemptPlan,
  type FailedTry,
  nextAttempt,
  RECONNECT_PAUSE_MS,
  type Way,
} from './next-attempt.ts'
import { refusal } from './refusal.ts'

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
  const { torrent } = options
  const judgedBy = { clock: ports.clock, torrent: () => log.torrent ?? torrent }
  const capture = options.capture && (await withComments(options.capture, judgedBy))
  return new Opening(planOf(options, capture, ports), ports, log).run()
}

/** The options that apply to all attempts. */
interface OpeningPlan {
  /** In the order in which they are tried. */
  readonly peers: readonly PeerName[]
  readonly family: 4 | 6 | undefined
  readonly dial: Pick<DialOptions, 'timeoutMs' | 'source' | 'proxy'>
  readonly ways: Pick<AttemptPlan, 'transports' | 'variants'>
  readonly handshakeTimeoutMs: number
  readonly capture: CapturePort | undefined
  /** Creates our identity for the next connection, with a new random part of the peer id. */
  readonly localPeer: () => LocalPeer
}

function planOf(options: SessionOptions, capture: CapturePort | undefined, { random }: Ports): OpeningPlan {
  const { source, proxy } = options
  const torrent = localTorrent(options.torrent)
  const features = localFeatures(options)
  return {
    peers: [options.peer, ...(options.otherPeers ?? [])],
    family: options.family,
    dial: { timeoutMs: options.connectTimeoutMs, source, proxy },
    ways: { transports: transportsOf(options), variants: ENCRYPTION_PLANS[options.encryption ?? 'auto'] },
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    capture,
    localPeer: () => ({ torrent, features, peerId: localPeerId(options.peerId, random) }),
  }
}

/** A session that was opened, or why not, and whether the peer accepted a connection. */
type Opened = OpenSession | { readonly failure: unknown; readonly isReached: boolean }

/** Tries peers, their addresses, the transports and the variants of encryption in turn until a session is open. */
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
    let failure: unknown
    for (const peer of this.#plan.peers) {
      const opened = await this.#openPeer(peer)
      if ('connection' in opened) return opened
      failure = opened.failure
      // a bug would fail everywhere
      if (opened.isReached || this.#isAborted || !isNetworkFailure(failure)) break
    }
    throw failure
  }

  async #openPeer(peer: PeerName): Promise<Opened> {
    const { clock } = this.#ports
    if (peer !== this.#log.peer) this.#log.turnTo(peer)
    // a literal address does not need a lookup: the clock starts when it is dialled
    if (isIP(peer.host) === 0) this.#log.start(clock.now())
    try {
      const addresses = await this.#resolve(peer)
      this.#log.start(clock.now())
      return await this.#openAt(
        addresses.map(({ address, family }) => ({ address, port: peer.port, family })),
      )
    } catch (failure) {
      return { failure, isReached: false }
    }
  }

  async #resolve({ host }: PeerName): Promise<readonly ResolvedAddress[]> {
    const { clock, resolve, signal } = this.#ports
    const { family, dial, ways } = this.#plan
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
      const [transportKind] = ways.transports
      const plan = { to: undefined, transportKind, variant: 'plaintext', phase: 'resolve' } as const
      this.#log.endAttempt(this.#log.beginAttempt(plan, startedAt), error, clock.now())
      throw error
    }
  }

  /** Makes one attempt after the other, as long as the next one can have another result. */
  async #openAt(addresses: readonly Endpoint[]): Promise<Opened> {
    const { transports, variants } = this.#plan.ways
    const plan = { transports, variants, addressCount: addresses.length }
    const attempts: Attempt[] = []
    const tried: FailedTry[] = []
    for (;;) {
      const way = nextAttempt(plan, tried)
      const to = way && addresses[way.address]
      if (way === undefined || to === undefined) {
        const isReached = tried.some(({ reach }) => reach === 'connected')
        return { failure: refusal(attempts), isReached }
      }
      if (isReconnect(way, tried)) await pause(RECONNECT_PAUSE_MS, this.#ports)
      await this.#prepare(to, way)
      const attempt = this.#beginAttempt(to, way)
      try {
        return { connection: await this.#connect(attempt, to), attempt }
      } catch (error) {
        this.#log.endAttempt(attempt, error, this.#ports.clock.now())
        if (this.#isAborted || !isNetworkFailure(error)) throw error
        attempts.push(attempt)
        tried.push(failedTry(attempt, way.address))
      }
    }
  }

  /** Loads what the transport and the encryption need, outside the time of the attempt. */
  async #prepare({ address: host }: Endpoint, { transport, variant }: Way): Promise<void> {
    const { ways, dial } = this.#plan
    await prepareVariant(variant)
    // the first one was prepared before the clock started
    if (transport === ways.transports[0]) return
    await this.#ports.prepareDial?.({ host, transport, proxy: dial.proxy })
  }

  #beginAttempt(to: Endpoint, { transport: transportKind, variant }: Way): Attempt {
    const { proxy } = this.#plan.dial
    const isName = isIP(to.address) === 0
    const phase = proxy === undefined ? 'connect' : 'proxy'
    const plan = { to: isName ? undefined : to, transportKind, variant, phase } as const
    return this.#log.beginAttempt(plan, this.#ports.clock.now())
  }

  /**
   * Makes one connection, up to both handshakes, with fresh state. Closes it on failure.
   * @param to the endpoint; its address is a name if a proxy resolves it
   */
  async #connect(attempt: Attempt, to: Endpoint): Promise<PeerConnection> {
    const { dial, handshakeTimeoutMs, capture, localPeer } = this.#plan
    const ports = this.#ports
    const log = this.#log
    const how = extended(dial, { transport: attempt.transportKind })
    const observed = await dialOnce(attempt, to, how, { capture, ports, log })
    return openOnce(attempt, observed, { localPeer: localPeer(), handshakeTimeoutMs, ports, log })
  }

  get #isAborted(): boolean {
    return this.#ports.signal?.aborted === true
  }
}

/** The transports to try, in order. A proxy carries only TCP. */
function transportsOf({
  transport = 'auto',
  proxy,
}: Pick<SessionOptions, 'transport' | 'proxy'>): AttemptPlan['transports'] {
  if (transport !== 'auto') return [transport]
  return proxy === undefined ? ['tcp', 'utp'] : ['tcp']
}

/** Whether the attempt is for an address that the last one was connected to. */
function isReconnect({ address }: Way, tried: readonly FailedTry[]): boolean {
  const last = tried.at(-1)
  return last?.address === address && last.reach === 'connected'
}

/** Whether an error is about the peer, the network or this machine, and not a bug, which would recur everywhere. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof PeerError && error.code !== 'E_INTERNAL'
}
