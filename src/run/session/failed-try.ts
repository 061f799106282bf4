import type { PeerError } from '../../base/errors.ts'
import { systemCode } from '../../net/socket-errors.ts'
import type { Attempt } from './log.ts'
import type { FailedTry } from './next-attempt.ts'

/**
 * Error codes that mean, by themselves, that the peer did not send a byte of a handshake after any encryption
 * handshake.
 */
const UNANSWERED: ReadonlySet<string> = new Set([
  'E_ENCRYPTION_FAILED',
  'E_HANDSHAKE_CLOSED',
  'E_HANDSHAKE_RESET',
  'E_HANDSHAKE_TIMEOUT',
])

/** Whether an error means that no byte of a handshake came. */
export function isUnanswered({ code }: PeerError): boolean {
  return UNANSWERED.has(code)
}

/**
 * Summarizes a failed attempt, to choose the next one.
 * @param address its index among the addresses of the peer
 */
export function failedTry(attempt: Attempt, address: number): FailedTry {
  const { variant, mse, transportKind: transport, state, end, pending, error } = attempt
  const isSilent = error !== undefined && isUnanswered(error) && pending === 0
  return {
    address,
    transport,
    variant,
    mse,
    reach: reachOf(attempt),
    hasAnswered: !(isSilent && state?.handshake === undefined),
    closedByPeer: end?.by === 'peer' && end.kind !== null,
    closeReason: end?.reason?.code,
  }
}

/** Whether a connection was established, if only until the peer reset it. */
export function isConnected({ transport, end }: Pick<Attempt, 'transport' | 'end'>): boolean {
  return transport !== undefined || end !== undefined
}

function reachOf(attempt: Attempt): FailedTry['reach'] {
  if (isConnected(attempt)) return 'connected'
  return attempt.error !== undefined && isBarred(attempt.error) ? 'barred' : 'nowhere'
}

/** Whether a port is closed or filtered: the other transport has another one. */
function isBarred({ code, cause }: PeerError): boolean {
  if (code === 'E_CONNECT_REFUSED' || code === 'E_CONNECT_TIMEOUT') return true
  // firewalls reject with it; without a route or an interface, no transport gets through
  return code === 'E_CONNECT_UNREACHABLE' && systemCode(cause) === 'EHOSTUNREACH'
}
