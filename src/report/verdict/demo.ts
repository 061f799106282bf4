import type { DemoReport } from '../model/demo.ts'
import type { Concluded } from '../text/session/verdict.ts'

export function demoVerdict(
  report: Concluded<Omit<DemoReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>>,
): string {
  const { connect, fetchBlock } = report
  return connect.ok ? `a peer ${fetchBlock.verdict}` : connect.verdict
}
