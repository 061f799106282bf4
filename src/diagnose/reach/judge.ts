import { isUtpAnswered, type Observation } from '../cause/observation.ts'
import { describeEvidence } from './evidence.ts'
import { Path, type Seen, serviceName } from './path.ts'

/** What a path leads to; `docs/reach.md` has the meaning of each. */
export type PathState =
  | 'bittorrent'
  | 'other-service'
  | 'unknown-service'
  | 'closes-at-once'
  | 'closes'
  | 'silent'
  | 'closed'
  | 'filtered'
  | 'rejected'
  | 'unreachable'
  | 'no-address'
  | 'not-tried'

/** What proves that BitTorrent is spoken on a path, without an info hash. */
export type ReachProof = 'key' | 'utp' | 'handshake' | 'steps'

/** What the observations of a path show. */
export interface PathVerdict {
  readonly state: PathState
  readonly proof: ReachProof | null
  /** The service that answers, as in a sentence; null if it is BitTorrent or not recognised. */
  readonly service: string | null
  /** One line for each observation that shows it. */
  readonly evidence: readonly string[]
  /** From the start of the connection, or from our last byte, to what decided; null if nothing came. In milliseconds. */
  readonly ms: number | null
}

/** A signature: the observations that show it, none if it does not hold. */
interface Signature {
  readonly state: PathState
  readonly proof?: ReachProof
  readonly shown: (path: Path) => readonly Seen[]
}

/** The first that is shown is the verdict. Proofs come first: whatever else happens on a path, they hold. */
const SIGNATURES: readonly Signature[] = [
  { state: 'bittorrent', proof: 'key', shown: (path) => path.keys },
  { state: 'bittorrent', proof: 'handshake', shown: (path) => path.handshakes },
  // uTP is a transport of BitTorrent alone (BEP 29)
  { state: 'bittorrent', proof: 'utp', shown: (path) => path.all.filter(isUtpAnswered) },
  { state: 'bittorrent', proof: 'steps', shown: (path) => path.refusals },
  { state: 'other-service', shown: (path) => path.services },
  { state: 'unknown-service', shown: (path) => path.others },
  { state: 'unknown-service', shown: ({ all }) => all.filter(answersInAnotherWay) },
  { state: 'closes-at-once', shown: ({ all }) => (all.every(isClosedOnAccept) ? all : []) },
  { state: 'closes', shown: ({ all }) => all.filter(isClosedByPeer) },
  { state: 'silent', shown: ({ all }) => all.filter(({ reach }) => reach.outcome === 'connected') },
  { state: 'closed', shown: ({ all }) => all.filter(({ reach }) => reach.outcome === 'refused') },
  { state: 'filtered', shown: ({ all }) => all.filter(({ reach }) => reach.outcome === 'timed-out') },
  { state: 'rejected', shown: ({ all }) => all.filter(isRejected) },
  { state: 'unreachable', shown: ({ all }) => all.filter(isUnreachable) },
  { state: 'not-tried', shown: ({ all }) => all },
]

/** @param observations of one path, in order */
export function judgePath(observations: readonly Observation[]): PathVerdict {
  const path = new Path(observations)
  for (const { state, proof = null, shown } of SIGNATURES) {
    const seen = shown(path)
    const [first] = seen
    if (first === undefined) continue
    const service = state === 'other-service' ? (serviceName(first) ?? null) : null
    return { state, proof, service, evidence: describeEvidence(seen), ms: timeOf(first) }
  }
  return { state: 'not-tried', proof: null, service: null, evidence: [], ms: null }
}

function timeOf({ reach, answerMs, probe }: Seen): number | null {
  if (reach.outcome === 'timed-out') return null
  return probe.transport === 'utp' || reach.outcome !== 'connected' ? reach.ms : (answerMs ?? null)
}

/** An ICMP error within this time was sent without waiting for a machine to answer, in milliseconds. */
const AT_ONCE_MS = 1000

/** Datagrams that are not packets of uTP. */
function answersInAnotherWay({ probe, error }: Seen): boolean {
  return probe.transport === 'utp' && error?.code === 'E_NOT_BITTORRENT'
}

function isClosedOnAccept({ ending }: Seen): boolean {
  return ending === 'closed-on-accept'
}

function isClosedByPeer({ close }: Seen): boolean {
  return close?.by === 'peer'
}

/** An answer from a firewall or a router: it comes at once, without a machine that was looked for. */
function isRejected({ reach }: Seen): boolean {
  return reach.outcome === 'unreachable' && reach.system !== 'ENETUNREACH' && reach.ms < AT_ONCE_MS
}

/** The network looked for the machine, or lost the way to it. That this machine has no route says nothing of the peer. */
function isUnreachable({ reach }: Seen): boolean {
  return reach.outcome === 'unreachable' && !(reach.system === 'ENETUNREACH' && reach.ms < AT_ONCE_MS)
}
