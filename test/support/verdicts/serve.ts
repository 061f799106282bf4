import { expect } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import type { ServeReport } from '../../../src/report/model/serve.ts'
import type { ServeOptions, ServePorts } from '../../../src/run/serve/options.ts'
import { serve as runServe } from '../../../src/run/serve/serve.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../src/trace/lines.ts'
import { decodeBytes } from '../captures/decoded.ts'

/** A trace that is longer is not compared: others wait for this process. In characters. */
const MAX_COMPARED = 1024 * 1024

/** `serve`, which fails when its trace, written and read back, does not come to what it reports of each peer. */
export async function serve(options: ServeOptions, ports: ServePorts): Promise<ServeReport> {
  const lines = [encodeTraceHeader({ version: '0', startedAt: '' })]
  const report = await runServe(
    {
      ...options,
      trace: (event) => {
        options.trace?.(event)
        lines.push(encodeTraceEvent(event, lines.length))
      },
    },
    ports,
  )
  const trace = lines.join('')
  if (trace.length <= MAX_COMPARED) await expectServeReplay(report, trace)
  return report
}

/** The same for a trace as it was written. */
export async function expectServeReplay(report: ServeReport, trace: string): Promise<void> {
  const { served } = await decodeBytes(encodeUtf8(trace), {}, 8192)
  // the report lists peers as they end; without `strict` nothing was judged
  const judged = (peers: readonly object[]) =>
    report.strict ? peers : peers.map((peer) => ({ ...peer, violationCount: 0, violations: [], notes: [] }))
  expect(judged(served?.peers ?? [])).toStrictEqual(JSON.parse(JSON.stringify(report.peers)))
  expect(served).toMatchObject({ strict: report.strict, connections: report.connections })
  if (report.strict) expect(served?.violations).toBe(report.violations)
}
