import { PeerError } from '../../base/errors.ts'
import { decide, type Verdict } from '../../diagnose/cause/decide.ts'
import type { Observation } from '../../diagnose/cause/observation.ts'
import { ObservationFold } from '../../diagnose/cause/observe.ts'
import type { Scope } from '../../diagnose/cause/known.ts'
import type { PlannedProbe } from '../../diagnose/cause/plan.ts'
import type { ResolvedAddress } from '../../net/resolve.ts'
import type { SessionReport } from '../../report/model/session.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { PeerName, TorrentTarget } from '../options.ts'
import { withComments } from '../capture/with-comments.ts'
import { runProbe } from '../probe/run-probe.ts'
import { SessionLog } from '../session/log.ts'
import { sessionReport } from '../session/report.ts'
import { pause, untilAborted } from '../until-aborted.ts'
import type { WhyOptions, WhyPorts } from './options.ts'

/** Most connections to a peer, so that looking does not become a nuisance. */
const MAX_PROBES = 12

/** Most addresses that are tried to find one that answers. */
const MAX_PLACES = 4

/** Everything that an investigation found out. */
export interface Findings {
  readonly session: SessionReport
  /** The plan of each attempt of the session, in the same order. */
  readonly planned: readonly PlannedProbe[]
  /** Of the address that was examined. */
  readonly observations: readonly Observation[]
  readonly verdict: Verdict
}

/** One address and port, and what was seen there. Two addresses of a name can be two machines. */
interface Place {
  readonly peer: PeerName
  /** Undefined if the name could not be resolved. */
  readonly resolved: ResolvedAddress | undefined
  readonly seen: ObservationFold
}

/** Makes one connection after the other until what is known decides, or no further connection can change the answer. */
export class Investigation {
  readonly #options: WhyOptions
  readonly #ports: WhyPorts
  readonly #log: SessionLog
  readonly #planned: PlannedProbe[] = []
  #capture: WhyOptions['capture']
  #torrent: TorrentTarget
  #target: TraceEvent | undefined
  #place: Place | undefined
  /** The probe that runs now, or that was running when we were stopped. */
  #open: number | undefined

  constructor(options: WhyOptions, ports: WhyPorts) {
    this.#options = options
    this.#ports = ports
    this.#torrent = options.torrent
    const trace = (event: TraceEvent) => {
      if (event.type === 'target') this.#target = event
      this.#place?.seen.step(event)
      options.trace?.(event)
    }
    const { peer, onTorrent } = options
    this.#log = new SessionLog({ peer, trace, onTorrent }, ports.clock.now(), ports.clock)
    this.#log.know(options.torrent, ports.clock.now())
    this.#log.start(ports.clock.now())
  }

  /** @throws the reason of the signal, or a bug; what the peer and the network did is in the findings */
  async run(): Promise<void> {
    const { clock } = this.#ports
    this.#capture = await withComments(this.#options.capture, { clock, torrent: () => this.#torrent })
    await this.#findPlace()
    while (await this.#probeNext());
  }

  /** Call it once. */
  finish(): Findings {
    // what we stopped is not what the peer did
    const observations = (this.#place?.seen.observations ?? []).filter(({ number }) => number !== this.#open)
    return {
      session: sessionReport(this.#log.finish(this.#ports.clock.now())),
      planned: this.#planned,
      observations,
      verdict: decide(observations, { ...this.#scope(), probesLeft: 0 }),
    }
  }

  /** Makes the first connection to each address in turn, until one is established. If none is, it returns to the first. */
  async #findPlace(): Promise<void> {
    const places: Place[] = []
    for (const peer of [this.#options.peer, ...(this.#options.otherPeers ?? [])]) {
      if (peer !== this.#log.peer) this.#log.turnTo(peer)
      for (const resolved of await this.#resolve(peer)) {
        const place = this.#turnTo(peer, resolved)
        places.push(place)
        await this.#probeNext()
        const isReached = place.seen.observations.some(({ reach }) => reach.outcome === 'connected')
        if (isReached || places.length === MAX_PLACES) break
      }
      if (this.#isReached || places.length === MAX_PLACES) break
    }
    if (!this.#isReached) this.#place = places[0] ?? this.#place
  }

  get #isReached(): boolean {
    return this.#place?.seen.observations.some(({ reach }) => reach.outcome === 'connected') === true
  }

  #turnTo(peer: PeerName, resolved: ResolvedAddress | undefined): Place {
    const seen = new ObservationFold()
    if (this.#target !== undefined) seen.step(this.#target)
    this.#place = { peer, resolved, seen }
    return this.#place
  }

  /** The addresses of a peer. A name without any is an observation as well. */
  async #resolve(peer: PeerName): Promise<readonly ResolvedAddress[]> {
    const { clock, resolve, signal } = this.#ports
    try {
      const found = await untilAborted(() => resolve(peer.host, this.#options.family), signal)
      if (found.length > 0) return found
      throw new PeerError('E_NAME_NOT_FOUND', `${peer.host} has no address`, { phase: 'resolve' })
    } catch (error) {
      signal?.throwIfAborted()
      this.#turnTo(peer, undefined)
      const { next } = decide([], this.#scope())
      if (next === undefined || !(error instanceof PeerError)) throw error
      this.#planned.push(next)
      const plan = { to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'resolve' } as const
      this.#log.probe(next.probe, this.#planned.length, clock.now())
      this.#log.endAttempt(this.#log.beginAttempt(plan, clock.now()), error, clock.now())
      return []
    }
  }

  /** @returns false if no further connection can change the answer */
  async #probeNext(): Promise<boolean> {
    const place = this.#place
    if (place?.resolved === undefined) return false
    const { next } = decide(place.seen.observations, this.#scope())
    if (next === undefined) return false
    await pause(next.pauseMs, this.#ports)
    this.#planned.push(next)
    const number = this.#planned.length
    const { probe, reason, answerMs } = next
    this.#options.progress?.({ number, of: MAX_PROBES, probe, reason })
    const { connectTimeoutMs, handshakeTimeoutMs, unchokeTimeoutMs, source } = this.#options
    this.#open = number
    await runProbe(probe, number, {
      to: { ...place.resolved, port: place.peer.port },
      torrent: () => this.#torrent,
      learn: (metainfo) => {
        this.#torrent = { ...this.#torrent, metainfo, infoHashes: metainfo.infoHashes }
      },
      limits: {
        connectTimeoutMs: Math.min(connectTimeoutMs, answerMs),
        handshakeTimeoutMs: Math.min(handshakeTimeoutMs, answerMs),
        unchokeTimeoutMs,
        source,
      },
      capture: this.#capture,
      ports: this.#ports,
      log: this.#log,
    })
    this.#open = undefined
    return true
  }

  #scope(): Scope {
    const { metainfo, infoHashes } = this.#torrent
    const { resolved } = this.#place ?? {}
    const used = this.#log.attempts.find(({ transport }) => transport !== undefined)?.transport?.local.address
    return {
      hasTorrent: metainfo !== undefined,
      hasOtherHash: infoHashes.v1 !== undefined && infoHashes.v2 !== undefined,
      otherSources: resolved === undefined ? [] : this.#ports.otherSources(resolved, used),
      transports: ['tcp', 'utp'],
      probesLeft: MAX_PROBES - this.#planned.length,
    }
  }
}
