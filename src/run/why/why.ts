import type { WhyReport } from '../../report/model/why.ts'
import { startTime } from '../start-time.ts'
import { commandTimeout, timeLimit } from '../session/hold.ts'
import { Investigation } from './investigation.ts'
import type { WhyOptions, WhyPorts } from './options.ts'
import { whyReport } from './report.ts'

/**
 * Finds out why a peer does not serve a torrent: makes connections that each differ in one thing, one after the other,
 * and concludes from how they ended. What the peer and the network did is in the report and is never thrown.
 */
export async function why(options: WhyOptions, ports: WhyPorts): Promise<WhyReport> {
  const startedAt = startTime(ports)
  const { host } = options.peer
  for (const transport of ['tcp', 'utp'] as const)
    await ports.prepareDial?.({ host, transport, proxy: undefined })
  const limit = timeLimit(options.totalTimeoutMs, ports, commandTimeout)
  const investigation = new Investigation(options, { ...ports, signal: limit.signal })
  let error: unknown
  try {
    await investigation.run()
  } catch (reason) {
    error = reason
  } finally {
    limit.cancel()
  }
  return whyReport(investigation.finish(), error, startedAt)
}
