import { ERROR_CODES } from '../../base/errors.ts'
import type { ServeReport } from '../model/serve.ts'
import { count, renderSize, renderTime } from '../text/quantity.ts'

export function serveVerdict({
  connections,
  uploaded,
  durationMs,
  violations,
  strict,
  error,
}: Omit<ServeReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>): string {
  const what = `${count(connections, 'connection')}, ${renderSize(uploaded)} sent in ${renderTime(durationMs)}`
  const checked = violations === 0 ? 'no violations' : count(violations, 'violation')
  const failed = error === null || error.code === 'E_CHECK_FAILED' ? [] : [ERROR_CODES[error.code].summary]
  return [...failed, what, ...(strict ? [checked] : [])].join('; ')
}
