import type { ErrorCode } from '../../base/errors.ts'
import { isLoopback } from '../../wire/address.ts'
import type { PathState, PathVerdict, ReachProof } from './judge.ts'

/** A path and what it leads to, as far as the verdict over all paths depends on it. */
export interface JudgedPath extends Pick<PathVerdict, 'state' | 'proof' | 'service'> {
  readonly transport: 'tcp' | 'utp'
  readonly family: 4 | 6
  readonly address: string | null
}

/** What all paths together show. */
export interface ReachVerdict {
  /** The first line, as a clause after the name of the peer. */
  readonly text: string
  /** What it means; null if the first line says it all. */
  readonly detail: string | null
  /** One thing to do or to look at; null if nothing is wrong. */
  readonly advice: string | null
  /** The error of the document; null if BitTorrent is proven. */
  readonly code: ErrorCode | null
}

/** A verdict, and when it holds. The first that holds is taken. */
interface Row {
  readonly holds: (paths: readonly JudgedPath[]) => boolean
  readonly verdict: (paths: readonly JudgedPath[]) => ReachVerdict
}

const OPEN: readonly PathState[] = ['other-service', 'unknown-service', 'closes-at-once', 'closes', 'silent']

const LOOK_ALIKE =
  'a BitTorrent client without an active torrent, at its limit, or one that filters us looks like this'

const IS_IT_RUNNING = 'is the client running, and is this its listening port?'

const REJECTED: ReachVerdict = {
  text: 'filtered: a firewall or a router rejects the connection',
  detail: null,
  advice: 'check the firewall of the peer, and the port forward of its router',
  code: 'E_CONNECT_UNREACHABLE',
}

const FILTERED: ReachVerdict = {
  text: 'no answer: filtered, or the machine is down',
  detail: null,
  advice: 'check the firewall and the port forward, and that the machine is running',
  code: 'E_CONNECT_TIMEOUT',
}

const UNREACHABLE: ReachVerdict = {
  text: 'unreachable: no machine answers at that address',
  detail: null,
  advice: 'check the address, and that the machine is running',
  code: 'E_CONNECT_UNREACHABLE',
}

const ROWS: readonly Row[] = [
  {
    holds: (paths) => proofs(paths, 'tcp').length > 0,
    verdict: () => proven('open, and a BitTorrent client answers'),
  },
  {
    holds: (paths) => proofs(paths, 'utp').length > 0,
    verdict: () =>
      proven(
        'a BitTorrent client answers over uTP, and not over TCP',
        'clients that use TCP alone do not reach it: check the TCP port forward and the firewall',
      ),
  },
  {
    holds: (paths) => some(paths, 'other-service'),
    verdict: (paths) => {
      const service = paths.find(({ state }) => state === 'other-service')?.service ?? 'another service'
      return {
        text: `open, and another service answers: ${service}`,
        detail: null,
        advice:
          service === 'HTTP'
            ? "this is usually the client's web interface: look for its listening port"
            : 'look for the listening port of the client',
        code: SERVICE_CODES[service] ?? 'E_NOT_BITTORRENT',
      }
    },
  },
  {
    holds: (paths) => some(paths, 'unknown-service'),
    verdict: () => ({
      text: 'open, and what answers is not known',
      detail:
        'its answers are no BitTorrent handshake, and no encryption key that a second connection confirms',
      advice: 'check that this is the listening port of the client',
      code: 'E_NOT_PROVEN',
    }),
  },
  {
    holds: (paths) => some(paths, 'closes-at-once'),
    verdict: (paths) => ({
      text: 'open, closes at once',
      detail: isPortUnused(paths)
        ? `a port forward without a client behind it looks like this; ${LOOK_ALIKE} as well`
        : LOOK_ALIKE,
      advice: 'start a torrent in the client, and look again',
      code: 'E_NOT_PROVEN',
    }),
  },
  {
    holds: (paths) => some(paths, 'closes'),
    verdict: () => ({
      text: 'open, closes without a byte',
      detail:
        'a client without encryption and without uTP can look like this, and so can another service: nothing proves BitTorrent, and nothing excludes it',
      advice: 'check that this is the listening port of the client',
      code: 'E_NOT_PROVEN',
    }),
  },
  {
    holds: (paths) => some(paths, 'silent'),
    verdict: () => ({
      text: 'open, and silent',
      detail:
        'a client that hangs, a service that waits for another protocol and a port forward that leads nowhere look the same',
      advice: 'check that this is the listening port of the client, and that the client responds',
      code: 'E_NOT_PROVEN',
    }),
  },
  {
    holds: (paths) => some(of(paths, 'tcp'), 'filtered') && isPortUnused(paths),
    verdict: () => ({
      text: 'filtered: TCP is not answered, and the UDP port is not in use',
      detail:
        'over UDP the port is reported as not in use, so the machine is most likely up, and packets to this TCP port are dropped on the way',
      advice: 'open the port in the firewall and in the router, and check that the client is running',
      code: 'E_CONNECT_TIMEOUT',
    }),
  },
  {
    holds: (paths) => some(of(paths, 'tcp'), 'closed'),
    verdict: (paths) => ({
      text: isPortUnused(paths) ? closedText(paths) : 'closed: TCP is refused',
      detail: isPortUnused(paths)
        ? null
        : 'nothing listens there, or a firewall answers in its place: UDP gave no answer that would decide',
      advice: IS_IT_RUNNING,
      code: 'E_CONNECT_REFUSED',
    }),
  },
  { holds: (paths) => some(of(paths, 'tcp'), 'rejected'), verdict: () => REJECTED },
  { holds: (paths) => some(of(paths, 'tcp'), 'filtered'), verdict: () => FILTERED },
  { holds: (paths) => some(of(paths, 'tcp'), 'unreachable'), verdict: () => UNREACHABLE },
  // TCP was not tried
  { holds: (paths) => some(paths, 'rejected'), verdict: () => REJECTED },
  { holds: (paths) => some(paths, 'filtered'), verdict: () => FILTERED },
  { holds: (paths) => some(paths, 'unreachable'), verdict: () => UNREACHABLE },
  {
    holds: (paths) => some(paths, 'closed'),
    verdict: () => ({
      text: 'closed: the UDP port is not in use',
      detail: null,
      advice: IS_IT_RUNNING,
      code: 'E_CONNECT_REFUSED',
    }),
  },
]

/** What the paths show; undefined if this machine could try none of them. */
export function reachVerdict(paths: readonly JudgedPath[]): ReachVerdict | undefined {
  return ROWS.find(({ holds }) => holds(paths))?.verdict(paths)
}

/** Whether a connection was established on a path. */
export function isReached(state: PathState): boolean {
  return state === 'bittorrent' || OPEN.includes(state)
}

function proven(text: string, detail: string | null = null): ReachVerdict {
  return { text, detail, advice: null, code: null }
}

const SERVICE_CODES: { readonly [service in string]?: ErrorCode } = {
  HTTP: 'E_NOT_BITTORRENT_HTTP',
  TLS: 'E_NOT_BITTORRENT_TLS',
  SSH: 'E_NOT_BITTORRENT_SSH',
  SOCKS4: 'E_NOT_BITTORRENT_SOCKS',
  SOCKS5: 'E_NOT_BITTORRENT_SOCKS',
}

function of(paths: readonly JudgedPath[], transport: JudgedPath['transport']): readonly JudgedPath[] {
  return paths.filter((path) => path.transport === transport)
}

function some(paths: readonly JudgedPath[], state: PathState): boolean {
  return paths.some((path) => path.state === state)
}

function proofs(paths: readonly JudgedPath[], transport: JudgedPath['transport']): readonly ReachProof[] {
  return of(paths, transport).flatMap(({ proof }) => proof ?? [])
}

/** Between two machines, a firewall that rejects sends the same. */
function closedText(paths: readonly JudgedPath[]): string {
  const closed = paths.filter(({ state }) => state === 'closed')
  return closed.every(({ address }) => isLoopback(address ?? ''))
    ? 'closed: nothing listens on this port'
    : 'closed: nothing listens on this port, or a firewall rejects'
}

/** Whether the system there reported over UDP that nothing uses the port, on every path that was tried. */
function isPortUnused(paths: readonly JudgedPath[]): boolean {
  const utp = of(paths, 'utp').filter(({ state }) => state !== 'not-tried' && state !== 'no-address')
  return utp.length > 0 && utp.every(({ state }) => state === 'closed')
}
