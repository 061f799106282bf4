import type { Envelope } from '../../model/envelope.ts'
import type { SessionReport } from '../../model/session.ts'
import { sessionHeader } from '../header.ts'
import { briefOutcomeSections, isCheck, isFailure, outcomeSections } from './outcome.ts'
import { makePage, type Page, type TextOptions } from '../page/page.ts'
import { joinParts, renderSections, type Section, sectionLines } from '../page/sections.ts'
import { briefSessionSections, sessionSections } from './session.ts'
import { describePeer } from './verdict.ts'
import { whyCommand } from './why-command.ts'

/** Rows of a terminal of 24, without the one of the prompt. */
const HEALTHY_ROWS = 23

const FAILED_ROWS = 12

/** The width for which these rows are meant; on a narrower page, lines are folded. */
const ROWS_WIDTH = 80

/** What a command adds to the report of its session. */
export interface OwnParts {
  /** What the command did, first. */
  readonly first?: readonly Section[]
  /** What was asked for with a flag, after the availability. */
  readonly asked?: readonly Section[]
  /** Below the verdict, when it is about something else: the peer. */
  readonly about?: string
  /** Below a failure: how to go on. */
  readonly goOn?: string
  /** Show what the peer announced, without `verbose` as well. */
  readonly announced: boolean
}

/** The report of a session for people: the answer, then the evidence; everything with `verbose`. */
export function renderSessionText(
  report: SessionReport & Envelope<string>,
  options: TextOptions,
  own: (page: Page) => OwnParts,
): string {
  const page = makePage(options)
  const { first = [], asked = [], announced, ...below } = own(page)
  const { ok, error, findings } = report
  const isChecked = !ok && error?.code === 'E_CHECK_FAILED'
  const header = sessionHeader(report, page, {
    ...below,
    ...(isChecked && { about: describePeer(report) }),
    next: options.hasWhy === true && !ok ? whyCommand(report, options.torrentPath) : undefined,
    explained: isChecked ? findings.find(({ severity }) => severity === 'error')?.id : undefined,
  })
  if (options.verbose) {
    const sections = [...first, ...sessionSections(report, page), ...asked, ...outcomeSections(report, page)]
    return joinParts([header.join('\n'), renderSections(sections, page)])
  }
  const failed = isFailure(error) && !ok
  const session = failed
    ? [{ label: 'peer', lines: peerLines(report, page) }]
    : announced
      ? briefSessionSections(report, page)
      : []
  const outcome = briefOutcomeSections(report, page)
  const evidence = isChecked
    ? [...outcome.filter(isCheck), ...first, ...session, ...asked, ...outcome.filter((one) => !isCheck(one))]
    : [...(failed ? session : []), ...first, ...(failed ? [] : session), ...asked, ...outcome]
  const shown = evidence.filter(({ lines }) => lines.length > 0)
  const gap = ok || shown.length === 0 ? [] : ['']
  const isLimited = page.width >= ROWS_WIDTH && asked.every((section) => section.lines.length === 0)
  const maxRows = isLimited ? (ok ? HEALTHY_ROWS : FAILED_ROWS) : Number.POSITIVE_INFINITY
  // a caller that wants fewer rows says itself that there is more
  const lines =
    options.maxRows === undefined
      ? limited(shown, maxRows - header.length - gap.length, page)
      : firstLines(shown, options.maxRows - header.length - gap.length, page)
  return `${[...header, ...(lines.length === 0 ? [] : gap), ...lines].join('\n')}\n`
}

function peerLines(report: SessionReport, page: Page): readonly string[] {
  return report.handshake === null ? [] : page.fold(describePeer(report))
}

/** The lines that fit these rows, and that there is more with `-v`. */
function limited(sections: readonly Section[], rows: number, page: Page): readonly string[] {
  const all = sections.flatMap((section) => sectionLines(section, page))
  if (all.length <= rows) return all
  const more = sectionLines({ label: 'more', lines: [page.dim('-v shows the rest')] }, page)
  return [...firstLines(sections, rows - more.length, page), ...more]
}

/** As many of the first lines as fit these rows, of which none ends within an item. */
function firstLines(sections: readonly Section[], rows: number, page: Page): readonly string[] {
  const kept: string[] = []
  for (const section of sections) {
    const left = rows - kept.length
    const labelRows = page.isLabelled ? 0 : 1
    const lines = section.lines.slice(0, wholeLines(section.lines, left - labelRows))
    if (lines.length > 0) kept.push(...sectionLines({ ...section, lines }, page))
    if (lines.length < section.lines.length) break
  }
  return kept
}

/** How many of the first `rows` lines can be shown without cutting an item in two: the rest of an item is indented. */
function wholeLines(lines: readonly string[], rows: number): number {
  let end = Math.min(Math.max(0, rows), lines.length)
  while (end > 0 && lines[end]?.startsWith(' ') === true) end--
  return end
}
