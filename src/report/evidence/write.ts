import { VERSION } from '../../base/version.ts'
import { printable } from '../escape.ts'
import { renderJson } from '../json.ts'
import { renderTraceLine } from '../trace-lines.ts'
import { renderHtml, type PrintedReport } from '../html/page.ts'
import type { Evidence } from './evidence.ts'
import type { Rung } from './ladder.ts'

/** The forms of a report file, by the ending of its name. */
export const REPORT_FORMS = ['html', 'txt', 'json'] as const
export type ReportForm = (typeof REPORT_FORMS)[number]

/** A report file: header, document, conversation and findings. */
export function renderReportFile(form: ReportForm, printed: PrintedReport, evidence: Evidence): string {
  switch (form) {
    case 'html':
      return renderHtml(printed, evidence)
    case 'txt':
      return renderTxt(printed, evidence)
    case 'json':
      return renderJsonFile(printed, evidence)
  }
}

const PLAIN = { color: false, ascii: false, width: 80 }

function renderTxt({ text }: PrintedReport, { header, ladder }: Evidence): string {
  const { version, runtime, platform, startedAt, commandLine } = header
  const lines = [
    `peerwire ${version}, ${runtime}, ${platform}`,
    `started ${startedAt}`,
    commandLine,
    '',
    text.trimEnd(),
    '',
    'conversation',
    ...ladder.first.map(lineOf),
    ...(ladder.leftOut === 0 ? [] : [`          (${ladder.leftOut} rows left out)`]),
    ...ladder.last.map(lineOf),
  ]
  return `${lines.map((line) => line.split('\n').map(printable).join('\n')).join('\n')}\n`
}

function lineOf({ event, count }: Rung): string {
  const line = renderTraceLine(event, event.at, PLAIN).trimEnd()
  return count === 1 ? line : `${line}, and ${count - 1} more like it`
}

function renderJsonFile({ report }: PrintedReport, { header, ladder }: Evidence): string {
  const { first, last, leftOut } = ladder
  const { ok, exitCode, error, verdict, startedAt, redacted } = report
  const conclusion = { ok, exitCode, error, verdict, startedAt, redacted }
  const envelope = { schema: 'peerwire.report/1' as const, version: VERSION, ...conclusion }
  const file = { ...envelope, header, report, trace: { first, leftOut, last } }
  return renderJson(file)
}
