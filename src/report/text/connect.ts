import { ERROR_CODES } from '../../base/errors.ts'
import type { AvailabilityReport, SessionReport } from '../model/session.ts'
import type { ConnectReport } from '../model/connect.ts'
import type { ErrorReport } from '../model/envelope.ts'
import { makePage, type Page, type TextOptions } from './page/page.ts'
import { renderSections } from './page/sections.ts'
import { outcomeSections } from './outcome.ts'
import { renderMs } from './quantity.ts'
import { sessionSections } from './session.ts'
import { describePeer } from './verdict.ts'

export interface ConnectTextOptions extends TextOptions {
  /** Print which pieces the peer has. */
  readonly ranges?: boolean
}

/** The report of `connect` for people: at most 80 columns, a newline at the end. */
export function renderConnectText(report: ConnectReport, options: ConnectTextOptions): string {
  const page = makePage(options)
  const ranges = options.ranges === true ? page.fold(rangesText(report.availability)) : []
  const sections = [
    ...sessionSections(report, page, options),
    { label: 'pieces', lines: ranges },
    ...outcomeSections(report, page, options),
  ]
  return joinParts([renderHeader(report, page), renderSections(sections, page)])
}

/** The peer, the verdict and the total time: the lines that most people read. */
export function renderHeader(
  report: SessionReport & { readonly ok: boolean; readonly error: ErrorReport | null },
  page: Page,
): string {
  const { ok, error, target, timing } = report
  const mark = page.mark(ok ? 'ok' : 'bad')
  const { markWidth } = page
  const time = renderMs(timing.totalMs)
  const name = page.cut(peerName(report), page.width - markWidth - 2 - time.length)
  const gap = ' '.repeat(Math.max(2, page.width - markWidth - name.length - time.length))
  // without a valid handshake there is no peer to describe
  const failed = error !== null && (report.handshake === null || ERROR_CODES[error.code].exitCode === 4)
  const verdict = failed ? ERROR_CODES[error.code].summary : describePeer(report)
  const resolved = target.address === null || target.address === target.host ? [] : [`at ${target.address}`]
  const lines = [verdict, ...resolved, ...(failed || error === null ? [] : [error.message])]
  // only the failure is red, not the description of the peer
  const painted = failed || error === null ? 0 : lines.length - 1
  const paintLine = ok ? page.good : page.bad
  return [
    `${mark}${page.strong(name)}${gap}${page.dim(time)}`,
    ...lines.flatMap((line, i) =>
      page.fold(line, page.width - 2).map((part) => `  ${i === painted ? paintLine(part) : part}`),
    ),
  ].join('\n')
}

export function joinParts(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Ranges separated by spaces, so that they can be folded. */
function rangesText(availability: AvailabilityReport | null): string {
  if (availability === null) return ''
  const { ranges, have } = availability
  if (ranges === null) return 'unknown without the piece count'
  return have === 0 ? 'none' : ranges.replaceAll(',', ', ')
}

function peerName({ target }: SessionReport): string {
  return target.input === '' ? 'no peer' : target.input
}
