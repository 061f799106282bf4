import { PeerError } from '../../base/errors.ts'
import type { Probe } from '../../trace/probe.ts'
import { timeLimit } from '../session/hold.ts'
import type { ProbeContext } from './context.ts'
import { PROBE_MS } from './limits.ts'
import { isScripted, runScriptedProbe } from './scripted-probe.ts'
import { runSessionProbe } from './session-probe.ts'

/**
 * Runs a probe over one connection and logs everything that happened, including how it ended.
 *
 * @param number of the probe, from 1
 * @throws the reason of the signal, or a bug; never what the peer or the network did
 */
export async function runProbe(probe: Probe, number: number, context: ProbeContext): Promise<void> {
  const { to, ports, log } = context
  const { clock, signal } = ports
  log.probe(probe, number, clock.now())
  const plan = { to, transportKind: probe.transport, variant: probe.variant, phase: 'connect' } as const
  const attempt = log.beginAttempt(plan, clock.now())
  const limit = timeLimit(PROBE_MS, ports, tooLong)
  let error: unknown
  try {
    const limited = { ...context, ports: { ...ports, signal: limit.signal } }
    if (isScripted(probe)) await runScriptedProbe(probe, attempt, limited)
    else await runSessionProbe(probe, attempt, limited)
  } catch (reason) {
    error = reason
  } finally {
    limit.cancel()
  }
  log.endAttempt(attempt, error, clock.now())
  signal?.throwIfAborted()
  const isBug = error !== undefined && (!(error instanceof PeerError) || error.code === 'E_INTERNAL')
  if (isBug) throw error
}

function tooLong(): PeerError {
  return new PeerError('E_TIMEOUT', `the probe was not done in ${PROBE_MS} ms`)
}
