import { reachVerdict } from '../../../diagnose/reach/verdict.ts'
import type { ReachReport } from '../../model/reach.ts'
import { type Concluded, failureVerdict, isStop } from '../session/verdict.ts'

/** The result of `reach` in a few words: what the paths show, or what ended it early. */
export function describeReach({
  paths,
  ok,
  error,
  expectations,
}: Concluded<Pick<ReachReport, 'paths' | 'expectations'>>): string {
  const found = reachVerdict(paths)?.text ?? error?.message ?? 'not tried'
  if (error === null) return found
  const isEarly = isStop(error.code) || error.code === 'E_TIMEOUT' || error.code === 'E_CHECK_FAILED'
  if (isEarly) return failureVerdict({ ok, error, attempts: [], expectations }) ?? found
  return ok ? `${found}, as expected` : found
}
