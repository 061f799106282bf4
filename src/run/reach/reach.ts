import { PeerError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { isReached, reachVerdict } from '../../diagnose/reach/verdict.ts'
import { errorReport } from '../../report/error-report.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import { judged } from '../../report/judge.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { ReachReport } from '../../report/model/reach.ts'
import type { Ports } from '../ports.ts'
import { startTime } from '../start-time.ts'
import { commandTimeout, timeLimit } from '../session/hold.ts'
import { Exploration, type Findings } from './exploration.ts'
import type { ReachOptions } from './options.ts'

/**
 * Finds out whether a port is open, and whether a BitTorrent client answers there, without an info hash. Errors of the
 * peer or the network are in the report and are never thrown.
 */
export async function reach(options: ReachOptions, ports: Ports): Promise<ReachReport> {
  const startedAt = startTime(ports)
  const limit = timeLimit(options.totalTimeoutMs, ports, commandTimeout)
  await prepare(options, ports)
  const exploration = new Exploration(options, { ...ports, signal: limit.signal })
  let error: PeerError | undefined
  try {
    await exploration.run()
  } catch (reason) {
    if (!(reason instanceof PeerError) || reason.code === 'E_INTERNAL') throw reason
    error = reason
  } finally {
    limit.cancel()
  }
  return reachReport(exploration.finish(), error, startedAt)
}

/** Loads what both transports need before the clock starts. */
async function prepare({ peer: { host } }: ReachOptions, { prepareDial }: Ports): Promise<void> {
  await prepareDial?.({ host, transport: 'tcp' })
  await prepareDial?.({ host, transport: 'utp' })
}

/** @param early what ended the exploration early */
function reachReport(findings: Findings, early: PeerError | undefined, startedAt: Date): ReachReport {
  const { session, paths, connections } = findings
  return judged<ReachReport>(
    {
      schema: 'peerwire.reach/1',
      version: VERSION,
      ...sessionConclusion(failureOf(findings, early), []),
      target: session.target,
      paths,
      connections,
      totalMs: session.timing.totalMs,
      expectations: [],
    },
    startedAt,
  )
}

function failureOf({ session, paths }: Findings, early: PeerError | undefined): ErrorReport | null {
  const verdict = reachVerdict(paths)
  const isProven = verdict?.code === null
  // a proof holds even if the time was over before every path was tried
  if (early !== undefined && !(isProven && early.code === 'E_TIMEOUT')) return errorReport(early)
  // what this machine could not try says nothing of the peer
  if (verdict === undefined) return session.attempts.find(({ error }) => error !== null)?.error ?? null
  const { text, detail, advice, code } = verdict
  const phase = paths.some(({ state }) => isReached(state)) ? 'handshake' : 'connect'
  return code === null ? null : { code, phase, message: detail ?? text, hint: advice }
}
