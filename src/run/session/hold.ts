import { once } from '../../base/once.ts'
import { extended } from '../../base/extended.ts'
import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { prepareVariant } from './connect-once.ts'
import { ENCRYPTION_PLANS } from './encryption-plan.ts'
import { openSession, type OpenSession } from './open.ts'
import type { SessionOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import { SessionLog } from './log.ts'

/** The report of a session, and the error that ended it early. */
export interface SessionResult {
  readonly session: SessionReport
  readonly error: unknown
  /** Time zero of the session, on the clock of the ports. */
  readonly startedAt: number
}

/** @param signal aborts at the time limit of the command and when the user stops it */
type Talk = (connection: PeerConnection, log: SessionLog, signal: AbortSignal) => Promise<void>

/**
 * Holds one session: opens it, runs `talk`, closes it and reports on it. The time limit of the command and the user's
 * signal can end it at any point; the report then has what is known so far.
 *
 * @param startedAt time zero for all times; by default when the first name is looked up or the first address is dialled
 */
export async function holdSession(
  options: SessionOptions,
  ports: Ports,
  talk: Talk,
  startedAt?: number,
): Promise<SessionResult> {
  const { clock } = ports
  const limit = timeLimit(options.totalTimeoutMs, ports, commandTimeout)
  const limited = extended(ports, { signal: limit.signal })
  const { transport = 'auto', encryption = 'auto', proxy } = options
  const first = transport === 'auto' ? 'tcp' : transport
  await ports.prepareDial?.({ host: options.peer.host, transport: first, proxy })
  await prepareVariant(ENCRYPTION_PLANS[encryption][0])
  const now = clock.now()
  const log = new SessionLog(options, startedAt ?? now, clock, now)
  if (startedAt !== undefined) log.start(startedAt)
  log.know(options.torrent, now)
  let error: unknown
  try {
    await talkAndClose(await openSession(options, limited, log), limited, log, talk)
  } catch (reason) {
    error = located(reason, log)
  } finally {
    limit.cancel()
  }
  const recorded = log.finish(clock.now())
  // only now: what is loaded before delays the connection, and what is loaded meanwhile would count as the peer's time
  const { sessionReport } = await loadReport()
  return { session: sessionReport(recorded), error, startedAt: log.startedAt }
}

const loadReport = once(() => import('./report.ts'))

async function talkAndClose(
  { connection, attempt }: OpenSession,
  { clock, signal }: Ports & { readonly signal: AbortSignal },
  log: SessionLog,
  talk: Talk,
): Promise<void> {
  try {
    await talk(connection, log, signal)
    await connection.close()
    log.endAttempt(attempt, undefined, clock.now())
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error
    log.endAttempt(attempt, reason, clock.now())
    if (connection.end === undefined) await connection.close()
    throw reason
  }
}

/** Adds the current phase to the error of a time limit. */
function located(error: unknown, log: SessionLog): unknown {
  if (!(error instanceof PeerError) || error.phase !== undefined) return error
  const attempt = log.attempts.at(-1)
  const phase = attempt?.state?.phase ?? attempt?.phase
  return phase === undefined ? error : error.with({ phase })
}

/** Callers may abort a signal without a reason, or with any value. */
function asPeerError(reason: unknown): PeerError {
  return reason instanceof PeerError ? reason : new PeerError('E_INTERRUPTED', 'stopped', { cause: reason })
}

/** The error of a command that took longer than its limit, in milliseconds. */
export function commandTimeout(timeoutMs: number): PeerError {
  return new PeerError('E_TIMEOUT', `the command was not done in ${timeoutMs} ms`, {
    hint: 'give it longer with --timeout',
  })
}

/** Combines the user's signal with a time limit, whose error `late` makes. */
export function timeLimit(
  timeoutMs: number | undefined,
  { clock, signal }: Pick<Ports, 'clock' | 'signal'>,
  late: (timeoutMs: number) => PeerError,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController()
  const forward = () => controller.abort(asPeerError(signal?.reason))
  signal?.addEventListener('abort', forward, { once: true })
  if (signal?.aborted === true) forward()
  const cancelTimer =
    timeoutMs === undefined
      ? undefined
      : clock.schedule(clock.now() + timeoutMs, () => controller.abort(late(timeoutMs)))
  return {
    signal: controller.signal,
    cancel: () => {
      cancelTimer?.()
      signal?.removeEventListener('abort', forward)
    },
  }
}
