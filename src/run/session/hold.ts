import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { openSession, type OpenSession } from './open.ts'
import type { SessionOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import { SessionLog } from './log.ts'

/** What a session came to, and the error that ended it early. */
export interface SessionResult {
  readonly session: SessionReport
  readonly error: unknown
  /** What the times of the session count from, on the clock of the ports. */
  readonly startedAt: number
}

/** @param signal is aborted by the time limit of the command and by the signals of the user */
type Talk = (connection: PeerConnection, log: SessionLog, signal: AbortSignal) => Promise<void>

/**
 * Holds one session: opens it, lets `talk` do what the command is about, closes it, and reports all of it. The time
 * limit of the command and the signals of the user end it at any point, with what is known by then.
 *
 * @param startedAt what all times count from; default when the first name is looked up or the first connection is dialled
 */
export async function holdSession(
  options: SessionOptions,
  ports: Ports,
  talk: Talk,
  startedAt?: number,
): Promise<SessionResult> {
  const { clock } = ports
  const limit = timeLimit(options.totalTimeoutMs, ports)
  const limited = { ...ports, signal: limit.signal }
  const { transport, proxy } = options
  await ports.prepareDial?.({ host: options.peer.host, transport, proxy })
  const log = new SessionLog(options, clock.now(), clock)
  if (startedAt !== undefined) log.start(startedAt)
  log.know(options.torrent, clock.now())
  let error: unknown
  try {
    await talkAndClose(await openSession(options, limited, log), limited, log, talk)
  } catch (reason) {
    error = located(reason, log)
  } finally {
    limit.cancel()
  }
  return { session: log.finish(clock.now()), error, startedAt: log.startedAt }
}

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

/** A time limit, where there is one, gets the phase in which it struck. */
function located(error: unknown, log: SessionLog): unknown {
  if (!(error instanceof PeerError) || error.phase !== undefined) return error
  const attempt = log.attempts.at(-1)
  const phase = attempt?.state?.phase ?? attempt?.phase
  return phase === undefined ? error : error.with({ phase })
}

/** Whoever passes a signal may abort it without saying why. */
function asPeerError(reason: unknown): PeerError {
  return reason instanceof PeerError ? reason : new PeerError('E_INTERRUPTED', 'stopped', { cause: reason })
}

/** The user's signal and the time limit of the whole command in one. */
export function timeLimit(
  timeoutMs: number | undefined,
  { clock, signal }: Ports,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController()
  const forward = () => controller.abort(asPeerError(signal?.reason))
  signal?.addEventListener('abort', forward, { once: true })
  if (signal?.aborted === true) forward()
  const late = () =>
    controller.abort(
      new PeerError('E_TIMEOUT', `the command was not done in ${timeoutMs} ms`, {
        hint: 'give it longer with --timeout',
      }),
    )
  const cancelTimer = timeoutMs === undefined ? undefined : clock.schedule(clock.now() + timeoutMs, late)
  return {
    signal: controller.signal,
    cancel: () => {
      cancelTimer?.()
      signal?.removeEventListener('abort', forward)
    },
  }
}
