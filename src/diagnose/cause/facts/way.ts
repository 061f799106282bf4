import { isLoopback } from '../../../wire/address.ts'
import { isUtpAnswered, isUtpPortUnused } from '../observation.ts'
import { fact, first, AT_ONCE_MS, type FactDescription } from './fact.ts'

const LOCAL_ADDRESS = /^(EADDRNOTAVAIL|EADDRINUSE)$/

/** A route that drops everything on this machine, or a local address that does not fit. */
const INVALID = 'EINVAL'

/** Reasons that libtorrent gives only after it has read a handshake: torrent removed, protocol blocked, invalid info hash. */
const READ_FIRST: ReadonlySet<number> = new Set([2, 13, 257])

/** What proves something about the way to the peer. */
export const WAY_FACTS = {
  'name-unknown': fact('the name has no address', (c) =>
    first(c, ({ reach }) => reach.outcome === 'no-name'),
  ),
  'no-route': fact('the system has no route (ENETUNREACH)', (c) =>
    first(c, ({ reach }) => reach.system === 'ENETUNREACH' && reach.ms < AT_ONCE_MS),
  ),
  'send-refused': fact('the system refuses to send', (c) =>
    first(c, ({ reach }) => reach.outcome === 'blocked'),
  ),
  'local-address-refused': fact('the system refuses the local address', (c) =>
    first(c, ({ reach }) => reach.outcome === 'local' && LOCAL_ADDRESS.test(reach.system ?? '')),
  ),
  'route-invalid': fact('the system finds the connection invalid (EINVAL)', (c) =>
    first(c, ({ reach }) => reach.system === INVALID),
  ),
  'local-limit-reached': fact('the system has no socket left', (c) =>
    first(
      c,
      ({ reach }) =>
        reach.outcome === 'local' && reach.system !== INVALID && !LOCAL_ADDRESS.test(reach.system ?? ''),
    ),
  ),
  'tcp-refused': fact('TCP was refused', (c) =>
    c.plain.slice(0, 1).filter(({ reach }) => reach.outcome === 'refused'),
  ),
  'tcp-timed-out': fact('TCP was not answered', (c) =>
    c.plain.slice(0, 1).filter(({ reach }) => reach.outcome === 'timed-out'),
  ),
  'tcp-rejected': fact('TCP was rejected at once, as by an ICMP error', (c) =>
    c.plain
      .slice(0, 1)
      .filter(({ reach }) => isUnreachable(reach.outcome, reach.system) && reach.ms < AT_ONCE_MS),
  ),
  'no-machine': fact('TCP was reported as unreachable late, as after a search on the link', (c) =>
    c.plain
      .slice(0, 1)
      .filter(({ reach }) => isUnreachable(reach.outcome, reach.system) && reach.ms >= AT_ONCE_MS),
  ),
  'tcp-unreached-again': fact('TCP failed in the same way again', (c) =>
    c.plain.length >= 2 &&
    c.plain.every(
      ({ ending, reach }) => ending === 'not-connected' && reach.outcome === c.plain[0]?.reach.outcome,
    )
      ? c.plain.slice(1)
      : [],
  ),
  'utp-port-unused': fact('over UDP, the port was reported as not in use', (c) =>
    c.utp.filter(isUtpPortUnused),
  ),
  loopback: fact('the address is a loopback address', (c) =>
    first(c, ({ address }) => address !== null && isLoopback(address)),
  ),
  'utp-mute': fact('uTP was not answered', (c) => c.utp.filter(({ reach }) => reach.outcome === 'timed-out')),
  'utp-answers': fact('uTP was answered', (c) => c.utp.filter(isUtpAnswered)),
  'utp-session': fact('over uTP the handshake was answered', (c) =>
    c.utp.filter(({ ending }) => ending === 'session'),
  ),
  'utp-handshake-refused': fact('over uTP it closed with a reason that follows from our handshake', (c) =>
    c.utp.filter(({ close, ending }) => ending !== 'session' && READ_FIRST.has(close?.reason ?? 0)),
  ),
  'utp-plaintext-session': fact('over uTP the handshake was answered without encryption', (c) =>
    c.utp.filter(({ ending, probe }) => ending === 'session' && probe.variant === 'plaintext'),
  ),
  'later-connections-time-out': fact('later connections over TCP were not answered', (c) => {
    const [begin] = c.all
    return begin?.reach.outcome === 'connected'
      ? c.all.filter(({ probe, reach }) => probe.transport === 'tcp' && reach.outcome === 'timed-out')
      : []
  }),
} as const satisfies { readonly [code: string]: FactDescription }

function isUnreachable(outcome: string, system: string | undefined): boolean {
  return outcome === 'unreachable' && system !== 'ENETUNREACH'
}
