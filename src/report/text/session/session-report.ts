import type { Envelope } from '../../model/envelope.ts'
import type { SessionReport } from '../../model/session.ts'
import { sessionHeader } from '../header.ts'
import { briefOutcomeSections, isFailure, outcomeSections } from './outcome.ts'
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
    next: options.hasWhy === true && !ok ? whyCommand(report) : undefined,
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
    ? [...outcome, ...first, ...session, ...asked]
    : [...(failed ? session : []), ...first, ...(failed ? [] : session), ...asked, ...outcome]
  const lines = evidence.flatMap((section) => (section.lines.length === 0 ? [] : sectionLines(section, page)))
  const gap = ok || lines.length === 0 ? [] : ['']
  const rows = (ok ? HEALTHY_ROWS : FAILED_ROWS) - header.length - gap.length
  const isLimited = page.width >= ROWS_WIDTH && asked.every((section) => section.lines.length === 0)
  return `${[...header, ...gap, ...(isLimited ? limited(lines, rows, page) : lines)].join('\n')}\n`
}

function peerLines(report: SessionReport, page: Page): readonly string[] {
  return report.handshake === null ? [] : page.fold(describePeer(report))
}

/** The first of the lines, and how many there are with `-v`. */
function limited(lines: readonly string[], rows: number, page: Page): readonly string[] {
  if (lines.length <= rows) return lines
  const kept = lines.slice(0, Math.max(0, rows - 1))
  return [...kept, `${' '.repeat(page.indent)}${page.dim('-v shows more')}`]
}
