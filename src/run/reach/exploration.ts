import { round } from '../../base/round.ts'
import { judgePath } from '../../diagnose/reach/judge.ts'
import { nextReachProbe } from '../../diagnose/reach/plan.ts'
import { ObservationFold } from '../../diagnose/cause/observe.ts'
import type { PathReport } from '../../report/model/reach.ts'
import type { SessionReport } from '../../report/model/session.ts'
import type { Probe } from '../../trace/probe.ts'
import { INFO_HASH_LENGTH } from '../../wire/torrent/info-hash.ts'
import { FEATURE_DEFAULTS } from '../defaults.ts'
import type { Ports } from '../ports.ts'
import type { ProbeContext } from '../probe/context.ts'
import { runProbe } from '../probe/run-probe.ts'
import type { LocalPeer } from '../session/connect-once.ts'
import { RECONNECT_PAUSE_MS } from '../session/next-attempt.ts'
import { localFeatures, localPeerId } from '../session/local-peer.ts'
import { SessionLog } from '../session/log.ts'
import { sessionReport } from '../session/report.ts'
import { pause } from '../until-aborted.ts'
import type { ReachOptions } from './options.ts'
import { findPlaces, type Place } from './places.ts'

/** What was found out about each way to a peer. */
export interface Findings {
  readonly session: SessionReport
  readonly paths: readonly PathReport[]
  readonly connections: number
}

/** Tries each way to a peer, one connection after the other, until no further connection can change what it shows. */
export class Exploration {
  readonly #options: ReachOptions
  readonly #ports: Ports
  readonly #log: SessionLog
  readonly #seen = new Map<Place, ObservationFold>()
  #places: readonly Place[] = []
  #current: ObservationFold | undefined
  #connections = 0

  constructor(options: ReachOptions, ports: Ports) {
    this.#options = options
    this.#ports = ports
    const trace: ReachOptions['trace'] = (event) => {
      this.#current?.step(event)
      options.trace?.(event)
    }
    const now = ports.clock.now()
    this.#log = new SessionLog({ peer: options.peer, trace }, now, ports.clock)
    this.#log.start(now)
  }

  /** @throws the reason of the signal, E_NAME_NOT_FOUND, or a bug; what the network and the peer did is in the findings */
  async run(): Promise<void> {
    this.#places = await findPlaces(this.#options, this.#ports)
    for (const place of this.#places) if (place.to !== undefined) await this.#explore(place, place.to)
  }

  /** Call it once. */
  finish(): Findings {
    return {
      session: sessionReport(this.#log.finish(this.#ports.clock.now())),
      paths: this.#places.map((place) => this.#pathReport(place)),
      connections: this.#connections,
    }
  }

  async #explore(place: Place, to: ProbeContext['to']): Promise<void> {
    const seen = new ObservationFold()
    this.#seen.set(place, seen)
    this.#current = seen
    const identities = new Identities(this.#ports.random)
    for (;;) {
      const next = nextReachProbe(place.transport, seen.observations)
      if (next === undefined) return
      // a connection that was not established needs no time to be forgotten
      if (this.#log.attempts.at(-1)?.transport !== undefined) await pause(RECONNECT_PAUSE_MS, this.#ports)
      this.#connections++
      const { probe, answerMs } = next
      const number = this.#connections
      this.#options.progress?.({ number, address: to.address, probe })
      const { connectTimeoutMs, source, capture } = this.#options
      await runProbe(probe, number, {
        to,
        localPeer: (one) => identities.of(one),
        torrent: () => ({
          infoHashes: { v1: undefined, v2: undefined },
          name: undefined,
          metainfo: undefined,
        }),
        learn: () => undefined,
        // a scripted probe has its own waits after the connection is established
        limits: {
          connectTimeoutMs,
          handshakeTimeoutMs: connectTimeoutMs,
          unchokeTimeoutMs: connectTimeoutMs,
          source,
        },
        capture,
        ports: this.#ports,
        log: this.#log,
        answerMs,
      })
    }
  }

  #pathReport(place: Place): PathReport {
    const { transport, family, to } = place
    const verdict = judgePath(this.#seen.get(place)?.observations ?? [])
    const state = to === undefined ? 'no-address' : verdict.state
    const ms = verdict.ms === null ? null : round(verdict.ms)
    return { transport, family, address: to?.address ?? null, ...verdict, state, ms }
  }
}

/**
 * Who we are in the handshakes of a path, each for a random info hash. The control has the same hash and peer id as the
 * handshake before it, so that only the protocol name differs; a repetition has others.
 */
class Identities {
  readonly #random: Ports['random']
  #last: LocalPeer

  constructor(random: Ports['random']) {
    this.#random = random
    this.#last = this.#next()
  }

  of({ how }: Probe): LocalPeer {
    if (how === 'steps') this.#last = this.#next()
    return this.#last
  }

  #next(): LocalPeer {
    return {
      torrent: { infoHash: this.#random(INFO_HASH_LENGTH) },
      peerId: localPeerId(undefined, this.#random),
      features: localFeatures({ features: FEATURE_DEFAULTS, torrent: NO_TORRENT }),
    }
  }
}

const NO_TORRENT = { infoHashes: { v1: undefined, v2: undefined }, name: undefined, metainfo: undefined }
