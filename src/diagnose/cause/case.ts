import type { Probe } from '../../trace/probe.ts'
import { type Ending, endingOf, isSpoiled } from './ending.ts'
import type { Observation, SessionSeen } from './observation.ts'

/** An observation with how it ended. */
export interface Seen extends Observation {
  readonly ending: Ending
}

/** A session, and its observation. */
export interface SeenSession extends Seen {
  readonly session: SessionSeen
}

/** Everything seen so far, by what it was for. */
export class Case {
  readonly all: readonly Seen[]
  /** Sessions for the target as ourselves: what a user of the torrent would see. */
  readonly ordinary: readonly Seen[]

  constructor(observations: readonly Observation[]) {
    this.all = observations.map((one) => ({ ...one, ending: endingOf(one) }))
    this.ordinary = this.probes({
      how: 'session',
      hash: 'target',
      identity: 'own',
      reserved: 'usual',
      source: null,
    })
  }

  /** The observations of probes with these properties. */
  probes(wanted: Partial<Probe>): readonly Seen[] {
    const entries = Object.entries(wanted)
    return this.all.filter(({ probe }) =>
      entries.every(([key, value]) => probe[key as keyof Probe] === value),
    )
  }

  /** Ordinary sessions over TCP without encryption: the first probe, and its repetitions. */
  get plain(): readonly Seen[] {
    return this.ordinary.filter(({ probe }) => probe.transport === 'tcp' && probe.variant === 'plaintext')
  }

  /** Ordinary sessions over TCP with encryption; those with a spoiled secret prove nothing. */
  get encrypted(): readonly Seen[] {
    return this.ordinary.filter(
      (one) => one.probe.transport === 'tcp' && one.probe.variant !== 'plaintext' && !isSpoiled(one),
    )
  }

  /** Ordinary sessions over uTP, encrypted or not. */
  get utp(): readonly Seen[] {
    return this.ordinary.filter((one) => one.probe.transport === 'utp' && !isSpoiled(one))
  }

  /** Sessions from another local address. */
  get elsewhere(): readonly Seen[] {
    return this.all.filter(({ probe }) => probe.source !== null)
  }

  /** The session that went furthest. */
  get best(): SeenSession | undefined {
    return this.ordinary
      .filter(isSession)
      .toSorted((a, b) => progressOf(b.session) - progressOf(a.session))
      .at(0)
  }
}

export function isSession(seen: Seen): seen is SeenSession {
  return seen.ending === 'session' && seen.session !== undefined
}

/** Requests whose block came. */
export function blocksOf({ requests }: SessionSeen): number {
  return requests.filter(({ blockMs }) => blockMs !== undefined).length
}

/**
 * Whether it serves: a whole piece with a good hash came, or all blocks that were requested. The pieces that a peer allows
 * while it chokes us do not count.
 */
export function isServed(session: SessionSeen): boolean {
  const blocks = blocksOf(session)
  if (session.unchokedMs === undefined) return false
  if (session.verified !== undefined) return session.verified === 'good'
  return blocks > 0 && blocks === session.requests.length && !(blocks === 1 && session.chokedAgain)
}

/** Whether blocks came, and nothing proves that they are not those of the torrent. */
export function isWorking(session: SessionSeen): boolean {
  return isServed(session) && session.metadataOutcome !== 'hash-wrong'
}

/** How far a session went, for comparison: a peer that goes on under another name goes further. */
export function progressOf(session: SessionSeen): number {
  if (isServed(session)) return 6
  if (blocksOf(session) > 0) return 5
  if (session.unchokedMs !== undefined) return 4
  if (session.interestedMs !== undefined || session.availability !== 'none') return 3
  return session.messagesReceived > 0 ? 2 : 1
}

/** A close within this time after the handshake is an answer to it, in milliseconds. */
const REFUSAL_MS = 2_000

/** Whether the peer answers with a handshake and closes, before anything is requested and without having waited. */
export function isTurnedAway(seen: SeenSession): boolean {
  return isUnserved(seen) && seen.session.lastedMs < REFUSAL_MS
}

/** Whether the connection was closed, by the peer or in its name, before anything was requested. */
export function isUnserved({ close, session }: SeenSession): boolean {
  return close?.by === 'peer' && session.requests.length === 0
}

function claimsPieces({ availability, have }: SessionSeen): boolean {
  return availability !== 'none' && have !== 0
}

/** Whether a peer had claimed pieces, or had waited, when the connection was closed: a peer that refuses us does neither. */
export function isClosedUnserved(seen: SeenSession): boolean {
  return isUnserved(seen) && (!isTurnedAway(seen) || claimsPieces(seen.session))
}
