import { parseExpectation, withExpectations } from './expect.ts'
import { renderJson } from './json.ts'
import { connect } from './model/connect.ts'
import { fetchBlock } from './model/fetch-block.ts'
import { fetch } from './model/fetch.ts'
import { metadata } from './model/metadata.ts'
import { reach } from './model/reach.ts'
import { why } from './model/why.ts'
import { type Report, type SessionDocument, verdictOf } from './judge.ts'
import { renderConnectText } from './text/connect.ts'
import { renderDecodeText } from './text/decode.ts'
import { renderDemoText } from './text/demo.ts'
import { renderExplainText } from './text/explain.ts'
import { renderFetchBlockText } from './text/fetch-block.ts'
import { renderFetchText } from './text/fetch.ts'
import { renderMetadataText } from './text/metadata.ts'
import { MAX_WIDTH, MIN_WIDTH, PLAIN_PAPER } from './text/page/paper.ts'
import { renderReachText } from './text/probing/reach.ts'
import { renderScanText } from './text/scan/scan.ts'
import { renderServeText } from './text/serve/serve.ts'
import { renderWhyText } from './text/probing/why.ts'

/** How a report is rendered. */
export interface RenderOptions {
  /** Text of at most `width` columns, or the document that the command prints with `--json`. Default `text`. */
  readonly format?: 'text' | 'json' | undefined
  /** Colours for a terminal, in text. Default false. */
  readonly color?: boolean | undefined
  /** Columns of the text, from 40 to 120. Default 80. */
  readonly width?: number | undefined
  /** Print only ASCII, in text. Default false. */
  readonly ascii?: boolean | undefined
  /** Show every attempt, every time and every expectation, in text. Default false. */
  readonly verbose?: boolean | undefined
}

/** With more topics than this, `explain` was asked for all; a single code has fewer. */
const LISTED_TOPICS = 10

/** A report as text or JSON, with a newline at the end. Control characters from a peer are escaped in both. */
export function renderReport(report: Report, options: RenderOptions = {}): string {
  if (options.format === 'json') return renderJson(report)
  const { color = false, verbose = false, ascii = false, width = PLAIN_PAPER.width } = options
  const paper = { color, ascii, width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)) }
  const text = { ...paper, verbose }
  switch (report.schema) {
    case 'peerwire.connect/1':
      return renderConnectText(report, text)
    case 'peerwire.fetch-block/1':
      return renderFetchBlockText(report, text)
    case 'peerwire.fetch/1':
      return renderFetchText(report, text)
    case 'peerwire.metadata/1':
      return renderMetadataText(report, text)
    case 'peerwire.why/1':
      return renderWhyText(report, text)
    case 'peerwire.reach/1':
      return renderReachText(report, text)
    case 'peerwire.decode/1':
      return renderDecodeText(report, text)
    case 'peerwire.scan/1':
      return renderScanText(report, text)
    case 'peerwire.demo/1':
      return renderDemoText(report, text)
    case 'peerwire.serve/1':
      return renderServeText(report, text)
    case 'peerwire.explain/1':
      return renderExplainText(report, { ...paper, listing: report.topics.length > LISTED_TOPICS })
  }
}

const SCHEMAS = {
  'peerwire.connect/1': connect,
  'peerwire.fetch-block/1': fetchBlock,
  'peerwire.fetch/1': fetch,
  'peerwire.metadata/1': metadata,
  'peerwire.why/1': why,
  'peerwire.reach/1': reach,
} as const

/**
 * Checks a report against expectations in the syntax of `--expect`, such as `exitCode=4` or `handshake.peerId.client=Transmission`.
 * @returns the same report with the outcomes in `expectations`, and `ok`, `exitCode` and `error` updated accordingly
 * @throws PeerError E_BAD_EXPECTATION for one that is invalid, or names a path that the document does not have
 */
export function checkExpectations<R extends SessionDocument>(report: R, expectations: readonly string[]): R {
  const schema = SCHEMAS[report.schema]
  const checked = withExpectations(
    report,
    expectations.map((text) => parseExpectation(text, schema)),
    verdictOf,
  )
  // a report of the library also has members that are not part of the document, and a spread omits them
  const own = { ...Object.getOwnPropertyDescriptors(report), ...Object.getOwnPropertyDescriptors(checked) }
  return Object.defineProperties({}, own) as R
}
