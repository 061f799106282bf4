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
import { holdSession } from './session/hold.ts'

/**
 * Opens a session, listens to what the peer says of itself, closes, and reports. Never throws for what a peer or
 * the network does: that is what the report tells.
 */
export async function connect(options: ConnectOptions, ports: Ports): Promise<ConnectReport> {
  const { session, error } = await holdSession(options, ports, (connection, log) =>
    listen(connection, log, options, ports),
  )
  const failure = error === undefined ? null : errorReport(error)
  return {
    schema: 'peerwire.connect/1',
    version: VERSION,
    ...sessionConclusion(failure, session.findings),
    ...session,
  }
}

async function listen(
  connection: PeerConnection,
  log: SessionLog,
  options: ConnectOptions,
  { clock }: Ports,
): Promise<void> {
  const { waitMs, settleMs, interested, unchokeTimeoutMs } = options
  const startedAt = clock.now()
  const deadline = startedAt + waitMs
  // said first: what we wait for otherwise is not the time that the peer takes to unchoke us
  if (interested) await connection.send({ type: 'interested' })
  // a peer that leaves out what it should send is reported by the findings, not waited for beyond this
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
 * @param since when we said that we are interested
 * @throws PeerError E_UNCHOKE_TIMEOUT
 */
async function untilUnchoked(connection: PeerConnection, timeoutMs: number, since: number): Promise<void> {
  if (await listenUntil(connection, ({ choking }) => !choking.peerChoking, since + timeoutMs)) return
  throw unchokeTimeout(timeoutMs, connection.state)
}
