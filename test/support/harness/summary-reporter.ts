import type { Reporter, TestModule } from 'vitest/node'
import { missingReason, PEER_KINDS } from '../../peers/peer.ts'
import { missingFrom } from '../../peers/without.ts'

/** Ends the run with one plain line, after one line per cause of skipped tests, so that skips are visible. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const causes = new Map<string, number>()
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') counts.failed++
        else {
          counts.skipped++
          const cause = missingFrom(test.fullName) ?? test.fullName
          causes.set(cause, (causes.get(cause) ?? 0) + 1)
        }
      }
    }
    for (const [cause, count] of causes) process.stdout.write(`skipped ${count}: ${described(cause)}\n`)
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  }
}

function described(cause: string): string {
  const kind = PEER_KINDS.find((name) => name === cause)
  if (kind === undefined) return cause
  const reason = missingReason(kind)
  return reason === undefined || reason.startsWith(kind) ? (reason ?? kind) : `${kind}: ${reason}`
}
