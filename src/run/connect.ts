import { once } from '../base/once.ts'
import { VERSION } from '../base/version.ts'
import type { PeerConnection } from '../net/connection/peer-connection.ts'
import type { ConnectReport } from '../report/model/connect.ts'
import { sessionConclusion } from '../report/exit-code.ts'
import { isComplete, listenUntil, listenUntilQuiet } from './session/listen.ts'
import type { ConnectOptions } from './options.ts'
import type { Ports } from './ports.ts'
import type { SessionLog } from './session/log.ts'
import { errorReport } from '../report/error-report.ts'
import { unchokeTimeout } from './session/timeouts.ts'
import { startTime } from './start-time.ts'
import { holdSession } from './session/hold.ts'

/**
 * Opens a session, listens to what the peer says about itself, closes and reports. Errors of the peer or the network
 * are in the report and are never thrown.
 */
export async function connect(options: ConnectOptions, ports: Ports): Promise<ConnectReport> {
  const startedAt = startTime(ports)
  const { session, error: reason } = await holdSession(options, ports, (connection, log) =>
    listen(connection, log, options, ports),
  )
  const failure = reason === undefined ? null : errorReport(reason)
  const { ok, exitCode, error } = sessionConclusion(failure, session.findings)
  // not needed before: the connection need not wait until it is loaded
  const { judged } = await loadJudge()
  return judged<ConnectReport>(
    { schema: 'peerwire.connect/1', version: VERSION, ok, exitCode, error, ...session },
    startedAt,
  )
}

const loadJudge = once(() => import('../report/judge.ts'))

async function listen(
  connection: PeerConnection,
  log: SessionLog,
  options: ConnectOptions,
  { clock }: Ports,
): Promise<void> {
  const { waitMs, settleMs, interested, unchokeTimeoutMs } = options
  const startedAt = clock.now()
  const deadline = startedAt + waitMs
  // sent first, so that the time spent listening counts towards the peer's time to unchoke us
  if (interested) await connection.send({ type: 'interested' })
  // the findings report a peer that omits what it should send; do not wait longer for that
  await listenUntil(
    connection,
    isComplete,
    interested ? Math.min(deadline, startedAt + unchokeTimeoutMs) : deadline,
  )
  if (interested) await untilUnchoked(connection, unchokeTimeoutMs, startedAt)
  await listenUntilQuiet(connection, log, settleMs, Math.max(deadline, clock.now() + settleMs))
}

/**
 * Waits to be unchoked.
 * @param since when we sent *interested*
 * @throws PeerError E_UNCHOKE_TIMEOUT
 */
async function untilUnchoked(connection: PeerConnection, timeoutMs: number, since: number): Promise<void> {
  if (await listenUntil(connection, ({ choking }) => !choking.peerChoking, since + timeoutMs)) return
  throw unchokeTimeout(timeoutMs, connection.state)
}
