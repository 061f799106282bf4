import { type ErrorCode, PeerError } from '../../base/errors.ts'
import type { Clock } from '../clock.ts'
import { systemCode } from '../socket-errors.ts'
import type { Dial, DialOptions, Endpoint, Transport, TransportKind } from '../transport.ts'
import type { CapturePort, ConnectionTap, UnopenedConnection } from './tap.ts'

/** A connection that was dialled, and its observer. */
export interface ObservedDial {
  /** Not started. */
  readonly dialled: Transport
  readonly tap: ConnectionTap | undefined
}

/** What dialling with an observer needs. */
export interface DialObserver {
  readonly capture: CapturePort | undefined
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Dials, and reports the connection to the observer, or what was sent in vain.
 * @throws as `Dial`
 */
export async function dialObserved(
  dial: Dial,
  to: Endpoint,
  options: Omit<DialOptions, 'onDialling'>,
  { capture, clock }: DialObserver,
): Promise<ObservedDial> {
  if (capture === undefined) return { dialled: await dial(to, options), tap: undefined }
  const dialledAt = clock.now()
  let from: Endpoint | undefined
  const onDialling = (local: Endpoint) => {
    from = local
  }
  try {
    const dialled = await dial(to, { ...options, onDialling })
    return { dialled, tap: capture.open(dialled, 'us', dialledAt) }
  } catch (error) {
    const kind = options.transport ?? 'tcp'
    const answer = answerOf(error, kind)
    if (from !== undefined && answer !== undefined) {
      const ends = { kind, local: from, remote: to }
      capture.notOpened?.({ ...ends, dialledAt, ...answer })
    }
    throw error
  }
}

/** Errors after which nothing may have left this machine. */
const LOCAL: ReadonlySet<ErrorCode> = new Set(['E_BIND', 'E_LOCAL_FIREWALL', 'E_PROXY_FAILED', 'E_INTERNAL'])

/** How a peer answered a dial that failed; undefined if nothing was sent. */
function answerOf(
  error: unknown,
  kind: TransportKind,
): Pick<UnopenedConnection, 'answer' | 'reason'> | undefined {
  // the signal's reason need not be one of our errors
  if (!(error instanceof PeerError)) return { answer: 'none', reason: 'peerwire gave up' }
  const { code } = error
  if (LOCAL.has(code)) return undefined
  const system = systemCode(error.cause)
  const reason = system ?? code
  if (code === 'E_HANDSHAKE_RESET') return { answer: 'accepted-and-reset', reason }
  // what the system reports over uTP is an ICMP message, and not a packet of the connection
  const isAnswered = code === 'E_CONNECT_REFUSED' && (kind === 'tcp' || system === undefined)
  return { answer: isAnswered ? 'refused' : 'none', reason }
}
