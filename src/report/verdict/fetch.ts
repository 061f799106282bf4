import type { FetchCommandReport } from '../model/fetch.ts'
import { count } from '../text/quantity.ts'
import { type Concluded, failureVerdict, isStop, sessionVerdict } from '../text/session/verdict.ts'

export function fetchVerdict(
  report: Concluded<Omit<FetchCommandReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>>,
): string {
  const { fetch, error } = report
  const failed = failureVerdict(report)
  if (fetch === null) return failed ?? sessionVerdict(report)
  const { output, wantedCount, alreadyThere, fetched, sample } = fetch
  const verified = `${alreadyThere + fetched} of ${count(wantedCount, 'piece')}`
  if (failed !== undefined) {
    const isStopped = error !== null && isStop(error.code)
    return isStopped ? `${failed}: ${verified}${output === null ? '' : ' on disk'}, verified` : failed
  }
  if (sample !== null) return `served ${sample.served} of ${count(sample.asked, 'sampled piece')}`
  return fetched === 0 && fetch.complete
    ? `nothing to fetch: ${verified} on disk, verified`
    : `${verified} verified`
}
