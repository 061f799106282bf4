import type { FetchBlockReport } from '../model/fetch-block.ts'
import { renderSize } from '../text/quantity.ts'
import { type Concluded, failureVerdict, sessionVerdict } from '../text/session/verdict.ts'

const VERIFIED = {
  'piece-sha1': 'verified (SHA-1)',
  'merkle-proof': 'verified (merkle proof)',
  none: 'not verified',
} as const

export function fetchBlockVerdict(
  report: Concluded<Omit<FetchBlockReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>>,
): string {
  const { block } = report
  const failed = failureVerdict(report)
  if (failed !== undefined || block === null) return failed ?? sessionVerdict(report)
  return `sent ${renderSize(block.length)} of piece ${block.piece}, ${VERIFIED[block.verified]}`
}
