import { CAUSES } from '../../diagnose/cause/causes.ts'
import { decide } from '../../diagnose/cause/decide.ts'
import type { Observation } from '../../diagnose/cause/observation.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { isStop } from '../../report/text/session/verdict.ts'
import { NO_MORE_PROBES } from '../session/no-more-probes.ts'
import { failureOf, isOrdinary } from '../why/failure.ts'

/** What `why` concluded from the connections that it made. */
export interface Investigation {
  readonly causes: SessionReport['causes']
  readonly error: ErrorReport | null
}

/**
 * Decides again what `why` decided, from its trace: the last of its connections is often a control, which says nothing by itself.
 * @returns undefined for probes of `reach`, which are not about a torrent, and if the last one was stopped from outside
 */
export function investigationOf(
  observations: readonly Observation[],
  attempts: SessionReport['attempts'],
): Investigation | undefined {
  const { code } = attempts.at(-1)?.error ?? {}
  if (code === 'E_TIMEOUT' || (code !== undefined && isStop(code))) return undefined
  const last = observations.at(-1)
  // two addresses of a name can be two machines
  const examined = observations.filter(({ address }) => address === last?.address)
  if (!examined.some(({ probe }) => isOrdinary(probe))) return undefined
  const verdict = decide(examined, NO_MORE_PROBES)
  const probed = attempts.map(({ error }, i) => ({ error, probe: observations[i]?.probe }))
  return {
    causes: verdict.causes.map(({ code, confidence }) => ({ code, confidence, text: CAUSES[code].text })),
    error: verdict.works === undefined ? failureOf(probed, verdict) : null,
  }
}
