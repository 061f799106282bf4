import { extended } from '../base/extended.ts'
import type { FetchBlockReport } from './model/fetch-block.ts'
import type { ConnectReport } from './model/connect.ts'
import type { DecodeReport } from './model/decode.ts'
import type { DemoReport } from './model/demo.ts'
import type { ExplainReport } from './model/explain.ts'
import type { FetchCommandReport } from './model/fetch.ts'
import type { MetadataCommandReport } from './model/metadata.ts'
import type { ServeReport } from './model/serve.ts'
import type { ReachReport } from './model/reach.ts'
import type { ScanReport } from './model/scan.ts'
import type { WhyReport } from './model/why.ts'
import { fetchBlockVerdict } from './verdict/fetch-block.ts'
import { fetchVerdict } from './verdict/fetch.ts'
import { metadataVerdict } from './verdict/metadata.ts'
import { serveVerdict } from './verdict/serve.ts'
import { decodeVerdict } from './verdict/decode.ts'
import { demoVerdict } from './verdict/demo.ts'
import { explainVerdict } from './verdict/explain.ts'
import { sessionVerdict } from './text/session/verdict.ts'
import { scanVerdict } from './text/scan/scan-verdict.ts'
import { describeReach } from './text/probing/reach-verdict.ts'
import { whyVerdict } from './text/probing/why-verdict.ts'

/** A report about one peer, with expectations. */
export type SessionDocument =
  ConnectReport | FetchBlockReport | FetchCommandReport | MetadataCommandReport | WhyReport | ReachReport

/** Any report of a use case. */
export type Report = SessionDocument | ScanReport | DecodeReport | DemoReport | ServeReport | ExplainReport

/** A report without the members that are derived from the others. */
export type Unjudged<R> = R extends unknown ? Omit<R, 'verdict' | 'startedAt' | 'redacted'> : never

/**
 * Completes a report with its verdict.
 * @param startedAt when the command started
 */
export function judged<R extends Report>(report: Unjudged<R>, startedAt: Date): R {
  return extended(report, {
    verdict: verdictOf(report),
    startedAt: startedAt.toISOString(),
    redacted: null,
  }) as unknown as R
}

/** The result of a report in a few words: the same in the first line of its text, in its document, and in a line by itself. */
export function verdictOf(report: Unjudged<Report>): string {
  switch (report.schema) {
    case 'peerwire.connect/1':
      return sessionVerdict(report)
    case 'peerwire.fetch-block/1':
      return fetchBlockVerdict(report)
    case 'peerwire.fetch/1':
      return fetchVerdict(report)
    case 'peerwire.metadata/1':
      return metadataVerdict(report)
    case 'peerwire.why/1':
      return whyVerdict(report)
    case 'peerwire.reach/1':
      return describeReach(report)
    case 'peerwire.decode/1':
      return decodeVerdict(report)
    case 'peerwire.scan/1':
      return scanVerdict(report)
    case 'peerwire.demo/1':
      return demoVerdict(report)
    case 'peerwire.serve/1':
      return serveVerdict(report)
    case 'peerwire.explain/1':
      return explainVerdict(report)
  }
}
