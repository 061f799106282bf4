import { PHASES } from '../../base/phase.ts'
import { CAUSES } from '../../diagnose/cause/causes.ts'
import type { Verdict } from '../../diagnose/cause/decide.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { Probe } from '../../trace/probe.ts'

/** An attempt, and what it was made to learn. */
export interface ProbedAttempt {
  readonly probe: Pick<Probe, 'how' | 'hash'> | undefined
  readonly error: ErrorReport | null
}

/** The failure of the probe that went furthest as an ordinary session, when no way works. */
export function failureOf(attempts: readonly ProbedAttempt[], { causes }: Verdict): ErrorReport {
  const failures = attempts.flatMap(({ probe, error }) =>
    error === null || !isOrdinary(probe) ? [] : [error],
  )
  const rank = ({ phase }: ErrorReport) => (phase === null ? -1 : PHASES.indexOf(phase))
  const best = failures.reduce<ErrorReport | undefined>(
    (found, one) => (found === undefined || rank(one) > rank(found) ? one : found),
    undefined,
  )
  const [first] = causes
  const hint = first === undefined ? null : CAUSES[first.code].advice
  if (best !== undefined) return { ...best, hint: hint ?? best.hint }
  const message = first === undefined ? 'nothing was found out' : CAUSES[first.code].text
  return { code: 'E_CHECK_FAILED', phase: null, message, hint }
}

/** Whether it is a session for the torrent, which a control with a random hash is not. */
export function isOrdinary(probe: ProbedAttempt['probe']): boolean {
  return probe?.how === 'session' && probe.hash !== 'random'
}
