import type { PathReport, ReachReport } from '../../../../src/report/model/reach.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { type ProbeEvents, probesOf } from '../probe-events.ts'

/** What `reach` says of a path, and what has to be on record before it may. */
export interface PathClaim {
  readonly state: PathReport['state']
  readonly proof: PathReport['proof']
  readonly sentence: string
  readonly needs: string
  readonly requires: (probes: readonly ProbeEvents[], path: PathReport) => boolean
}

const NAME = Buffer.from('\u0013BitTorrent protocol').toString('hex')

const isUtp = ({ transport }: PathReport): boolean => transport === 'utp'
const came = (probe: ProbeEvents): number => probe.end?.bytesReceived ?? 0

/** What answered the whole of our key with 96 bytes that are not ours, and at most a pad behind them. */
const keysOf = (probes: readonly ProbeEvents[]): readonly string[] =>
  probes
    .filter(
      (probe) => probe.how === 'key' && probe.sentBefore === 96 && came(probe) >= 96 && came(probe) <= 608,
    )
    .filter((probe) => keyOf(probe.raw('received')) !== keyOf(probe.raw('sent')))
    .map((probe) => keyOf(probe.raw('received')))

const keyOf = (hex: string): string => hex.slice(0, 192)

function isRefusedAfterHash(probes: readonly ProbeEvents[]): boolean {
  const steps = probes.filter(({ how }) => how === 'steps')
  const control = probes.find(({ how }) => how === 'steps-control')
  const places = new Set(steps.map(({ end }) => end?.bytesSent))
  const [place = 0] = places
  return (
    steps.length >= 2 &&
    places.size === 1 &&
    place >= 48 &&
    steps.every((probe) => probe.isClosedByPeer && came(probe) === 0 && probe.raw('sent').startsWith(NAME)) &&
    control !== undefined &&
    !control.raw('sent').startsWith(NAME) &&
    (!control.isClosedByPeer || control.end?.bytesSent !== place)
  )
}

export const PATH_CLAIMS: readonly PathClaim[] = [
  {
    state: 'bittorrent',
    proof: 'key',
    sentence: 'BitTorrent, proven by its encryption key',
    needs:
      'two connections on which 96 to 608 bytes came after the last of our 96, and the first 96 differ from ours and from each other',
    requires: (probes) => new Set(keysOf(probes)).size >= 2,
  },
  {
    state: 'bittorrent',
    proof: 'utp',
    sentence: 'BitTorrent, proven by its answer over uTP',
    needs: 'a uTP connection that was established, or a RESET of uTP',
    requires: ([probe], path) =>
      isUtp(path) &&
      probe !== undefined &&
      (probe.isConnected || (probe.error?.code === 'E_CONNECT_REFUSED' && probe.system === undefined)),
  },
  {
    state: 'bittorrent',
    proof: 'handshake',
    sentence: 'BitTorrent, proven by its handshake',
    needs: 'the 68 bytes of a handshake that are not those that we had sent',
    requires: (probes) =>
      probes.some((probe) => {
        const bytes = probe.raw('received')
        return (
          bytes.startsWith(NAME) && bytes.length >= 136 && bytes !== probe.raw('sent').slice(0, bytes.length)
        )
      }),
  },
  {
    state: 'bittorrent',
    proof: 'steps',
    sentence: 'BitTorrent, proven by what it refuses: the info hash, and nothing before it',
    needs:
      'two handshakes that the peer closed at the same byte from 48 on, without one of its own, and one with a wrong protocol name that it did not close there',
    requires: isRefusedAfterHash,
  },
  {
    state: 'other-service',
    proof: null,
    sentence: 'open, and another service answers: NAME',
    needs: 'bytes that are neither a handshake nor a proven key',
    requires: (probes) =>
      probes.some((probe) => came(probe) > 0 && !probe.raw('received').startsWith(NAME)) &&
      new Set(keysOf(probes)).size < 2,
  },
  {
    state: 'unknown-service',
    proof: null,
    sentence: 'open, and what answers is not known',
    needs: 'bytes that prove nothing, or over uTP datagrams that are not its packets',
    requires: (probes, path) =>
      isUtp(path)
        ? probes.some(({ error }) => error?.code === 'E_NOT_BITTORRENT')
        : probes.some((probe) => came(probe) > 0),
  },
  {
    state: 'closes-at-once',
    proof: null,
    sentence: 'open, closes at once',
    needs:
      'at least two connections, each closed by the peer before our first byte and without one of its own',
    requires: (probes) =>
      probes.length >= 2 &&
      probes.every((probe) => probe.isClosedByPeer && probe.end?.bytesSent === 0 && came(probe) === 0),
  },
  {
    state: 'closes',
    proof: null,
    sentence: 'open, closes without a byte',
    needs: 'a connection that the peer closed, and no byte from it on any',
    requires: (probes) =>
      probes.some((probe) => probe.isClosedByPeer) && probes.every((probe) => came(probe) === 0),
  },
  {
    state: 'silent',
    proof: null,
    sentence: 'open, silent',
    needs: 'a connection, and neither a byte nor a close of the peer on any',
    requires: (probes) =>
      probes.some((probe) => probe.isConnected) &&
      probes.every((probe) => came(probe) === 0 && !probe.isClosedByPeer),
  },
  {
    state: 'closed',
    proof: null,
    sentence: 'refused, or: the UDP port is not in use',
    needs: 'an attempt without a connection that the system reports as refused',
    requires: ([probe]) => probe?.error?.code === 'E_CONNECT_REFUSED' && probe.system === 'ECONNREFUSED',
  },
  {
    state: 'filtered',
    proof: null,
    sentence: 'no answer: filtered, or the machine is down; no uTP there, or UDP is filtered',
    needs: 'an attempt without a connection that timed out',
    requires: ([probe]) => probe?.error?.code === 'E_CONNECT_TIMEOUT',
  },
  {
    state: 'rejected',
    proof: null,
    sentence: 'a firewall or a router rejects the connection',
    needs: 'an attempt without a connection for which the system reports an ICMP error',
    requires: ([probe]) => probe?.error?.code === 'E_CONNECT_UNREACHABLE' && probe.system !== 'ENETUNREACH',
  },
  {
    state: 'unreachable',
    proof: null,
    sentence: 'unreachable: no machine answers at that address',
    needs: 'an attempt without a connection that the system reports as unreachable',
    requires: ([probe]) => probe?.error?.code === 'E_CONNECT_UNREACHABLE',
  },
  {
    state: 'no-address',
    proof: null,
    sentence: 'the name has no IPvN address',
    needs: 'no attempt',
    requires: (probes, { address }) => probes.length === 0 && address === null,
  },
  {
    state: 'not-tried',
    proof: null,
    sentence: 'not tried: REASON',
    needs: 'no connection',
    requires: (probes) => probes.every((probe) => !probe.isConnected),
  },
]

/** What a report says of its paths that is not on record, one line each. */
export function pathContradictions({ paths }: ReachReport, events: readonly TraceEvent[]): readonly string[] {
  const probes = probesOf(events)
  return paths.flatMap((path) => {
    const own = probes.filter(
      ({ attempt }) => attempt?.transport === path.transport && attempt.address === path.address,
    )
    const claim = PATH_CLAIMS.find(({ state, proof }) => state === path.state && proof === path.proof)
    if (claim === undefined) return [`no claim is registered for ${path.state} with the proof ${path.proof}`]
    return claim.requires(own, path) ? [] : [`${path.transport}: "${claim.sentence}" needs ${claim.needs}`]
  })
}
