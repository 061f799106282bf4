import type { WhyReport } from '../../../src/report/model/why.ts'
import type { WhyOptions, WhyPorts } from '../../../src/run/why/options.ts'
import { why as runWhy } from '../../../src/run/why/why.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { factContradictions } from './facts/facts.ts'

/** Runs `why`. It fails when the report gives as evidence what is not on record (docs/verdicts.md). */
export async function why(options: WhyOptions, ports: WhyPorts): Promise<WhyReport> {
  const events: TraceEvent[] = []
  const trace = (event: TraceEvent) => {
    events.push(event)
    options.trace?.(event)
  }
  const report = await runWhy({ ...options, trace }, ports)
  const found = factContradictions(
    report.causes.flatMap(({ evidence }) => evidence),
    events,
  )
  if (found.length > 0) throw new Error(`not on record:\n${found.join('\n')}`)
  return report
}
