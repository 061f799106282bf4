import type { ObservedDial } from '../../net/capture/observed-dial.ts'
import type { Probe } from '../../trace/probe.ts'
import { dialOnce } from '../session/connect-once.ts'
import type { Attempt } from '../session/log.ts'
import type { ProbeContext } from './context.ts'

/** The connection of a probe, not started, and how long it took to establish. */
export interface DialledProbe extends ObservedDial {
  /** About one round trip, in milliseconds. */
  readonly roundTripMs: number
}

/** Dials for a probe. @throws as `Dial` */
export async function dialProbe(
  { transport, source }: Probe,
  attempt: Attempt,
  { to, limits, ports, log, capture }: ProbeContext,
): Promise<DialledProbe> {
  const startedAt = ports.clock.now()
  const how = { timeoutMs: limits.connectTimeoutMs, source: source ?? limits.source, transport }
  const observed = await dialOnce(attempt, to, how, { ports, log, capture })
  return { ...observed, roundTripMs: ports.clock.now() - startedAt }
}
