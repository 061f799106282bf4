import type { ErrorReport } from '../../model/envelope.ts'
import type { AttemptReport, SessionReport } from '../../model/session.ts'
import { attemptLines, briefAttemptLines, isConnected } from './attempts.ts'
import {
  briefExpectationLines,
  briefFindingLines,
  expectationLines,
  findingLines,
  torrentNoteLines,
} from './checks.ts'
import type { Page } from '../page/page.ts'
import type { Section } from '../page/sections.ts'
import { count } from '../quantity.ts'
import { timingLines, utpLines, waterfallLines } from './timing.ts'

type EndedSession = SessionReport & { readonly error: ErrorReport | null }

/** How a session went, in full: times, attempts, findings, expectations, and the error. */
export function outcomeSections(report: EndedSession, page: Page): readonly Section[] {
  const { attempts, error, utp } = report
  return [
    { label: 'timing', lines: waterfallLines(report.timing, page) },
    { label: 'uTP', lines: utp === null ? [] : utpLines(utp, page, true) },
    { label: 'attempts', lines: attemptLines(attempts, page) },
    { label: 'notes', lines: torrentNoteLines(report.torrent.notes, page) },
    { label: 'findings', lines: findingLines(report.findings, page) },
    { label: 'expected', lines: expectationLines(report.expectations, page) },
    { label: 'causes', lines: causeLines(report, page) },
    { label: 'error', lines: isFailure(error) ? errorLines(error, attempts, page) : [] },
  ]
}

/** What the table of `why` says of the attempts. */
function causeLines({ causes }: SessionReport, page: Page): readonly string[] {
  return causes.flatMap(({ confidence, text }) => page.fold(`${confidence}: ${text}`))
}

/** Whether a section says what was checked. */
export function isCheck({ label }: Section): boolean {
  return label === 'findings' || label === 'expected'
}

/** The same briefly: nothing that a healthy peer does not need. */
export function briefOutcomeSections(report: EndedSession, page: Page): readonly Section[] {
  const { attempts, error, utp, session } = report
  return [
    {
      label: 'attempts',
      lines: attempts.length > 1 || isFailure(error) ? briefAttemptLines(report, page) : [],
    },
    { label: 'uTP', lines: utp === null || session === null ? [] : utpLines(utp, page, false) },
    { label: 'timing', lines: isFailure(error) ? [] : timingLines(report.timing, page) },
    { label: 'notes', lines: torrentNoteLines(report.torrent.notes, page) },
    { label: 'findings', lines: briefFindingLines(report.findings, page) },
    { label: 'expected', lines: briefExpectationLines(report.expectations, page) },
    { label: 'error', lines: isFailure(error) ? errorLine(error, attempts, page) : [] },
  ]
}

/** Whether the session failed: an unmet check is described by the findings and expectations. */
export function isFailure(error: ErrorReport | null): error is ErrorReport {
  return error !== null && error.code !== 'E_CHECK_FAILED'
}

/** The failure in full: code, phase, bytes received by then, what happened, and what to try. */
function errorLines(error: ErrorReport, attempts: readonly AttemptReport[], page: Page): readonly string[] {
  const { message, hint } = error
  return [
    ...errorLine(error, attempts, page),
    ...page.fold(message),
    ...(hint === null ? [] : page.fold(`try: ${hint}`).map(page.note)),
  ]
}

function errorLine(
  { code, phase }: ErrorReport,
  attempts: readonly AttemptReport[],
  page: Page,
): readonly string[] {
  // when several attempts ended alike, the list of attempts has a byte count for each
  const alike = attempts.filter((attempt) => attempt.error?.code === code && attempt.phase === phase)
  const [only = attempts.at(-1), ...others] = alike
  const isOne =
    only !== undefined && others.every(({ bytesReceived }) => bytesReceived === only.bytesReceived)
  const bytes = isOne && isConnected(only) ? `, ${count(only.bytesReceived, 'byte')} received` : ''
  const place = phase === null ? '' : ` in phase ${phase}${bytes}`
  const [first = '', ...more] = page.fold(`${code}${place}`)
  return [`${page.bad(code)}${first.slice(code.length)}`, ...more]
}
