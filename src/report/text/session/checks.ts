import { escapeText } from '../../escape.ts'
import type { ExpectationReport, FindingReport, TorrentNoteReport } from '../../model/session.ts'
import type { Page } from '../page/page.ts'
import { count } from '../quantity.ts'

const SEVERITY_MARKS = { error: 'bad', warning: 'warn', info: 'note' } as const

/** A finding each: what it is, and how to read more about what is wrong. */
export function briefFindingLines(findings: readonly FindingReport[], page: Page): readonly string[] {
  return findings.flatMap(({ id, severity, title, detail, reference }) => [
    ...page.marked(SEVERITY_MARKS[severity], `${title}: ${detail} (${reference})`),
    ...(severity === 'info'
      ? []
      : page.marked('none', `peerwire explain ${id}`).map((line) => page.dim(line))),
  ])
}

export function findingLines(findings: readonly FindingReport[], page: Page): readonly string[] {
  return findings.flatMap(({ id, severity, title, detail, reference }) => [
    `${page.mark(SEVERITY_MARKS[severity])}${severity}  ${page.strong(id)} ${page.dim(`(${reference})`)}`,
    ...page.marked('none', `${title}: ${detail}`),
  ])
}

/** Oddities of the torrent, one sentence each. */
export function torrentNoteLines(notes: readonly TorrentNoteReport[], page: Page): readonly string[] {
  return notes.flatMap(({ id, text, count: found, offset }) => {
    const place = offset === null ? '' : `${found > 1 ? 'first ' : ''}at byte ${offset}`
    const times = found > 1 ? `${found} times` : ''
    const where = [times, place].filter((part) => part !== '').join(', ')
    return page.fold(`${id}: ${text}${where === '' ? '' : ` (${where})`}`)
  })
}

/** The expectations that were not met, a line each. */
export function briefExpectationLines(
  expectations: readonly ExpectationReport[],
  page: Page,
): readonly string[] {
  if (expectations.length === 0) return []
  return [
    metLine(expectations),
    ...expectations
      .filter(({ held }) => !held)
      .flatMap((one) => {
        const actual = page.cut(escapeText(shownValue(one)), Math.floor(page.valueWidth / 2))
        return page.marked('bad', `${escapeText(one.expression)} (it is ${actual})`).slice(0, 2)
      }),
  ]
}

export function expectationLines(expectations: readonly ExpectationReport[], page: Page): readonly string[] {
  if (expectations.length === 0) return []
  const room = page.valueWidth - page.markWidth
  return [
    metLine(expectations),
    ...expectations.flatMap((one) => {
      const line = `${page.mark(one.held ? 'ok' : 'bad')}${page.cut(escapeText(one.expression), room)}`
      if (one.held) return [line]
      return [
        line,
        `${page.mark('none')}expected ${page.cut(escapeText(one.expected), room - 9)}`,
        `${page.mark('none')}actual   ${page.cut(escapeText(shownValue(one)), room - 9)}`,
      ]
    }),
  ]
}

function metLine(expectations: readonly ExpectationReport[]): string {
  const held = expectations.filter((one) => one.held).length
  return `${held} of ${count(expectations.length, 'expectation')} met`
}

function shownValue({ actual }: ExpectationReport): string {
  return actual === null ? 'nothing' : JSON.stringify(actual)
}
