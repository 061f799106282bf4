import type { SessionReport } from '../model/session.ts'
import type { Envelope } from '../model/envelope.ts'
import { displayWidth } from './page/columns.ts'
import type { Mark, Page } from './page/page.ts'
import { renderTime } from './quantity.ts'
import { isStop, RUN_AGAIN } from './session/verdict.ts'

/** A line before it is painted, because only then its columns can be counted. */
interface Line {
  readonly text: string
  readonly paint: (text: string) => string
}

/** What a header is about. */
export interface Headed {
  readonly name: string
  readonly verdict: string
  readonly ok: boolean
  readonly error: Envelope<string>['error']
  readonly totalMs: number
}

/** What is below the verdict. */
export interface Below {
  /** When the verdict is about something else: the peer. */
  readonly about?: string | undefined
  /** The code that is explained further, when the error has no hint; by default that of the error. */
  readonly explained?: string | undefined
  /** The command to type next, below the advice. */
  readonly next?: string | undefined
  /** How to go on after a failure. */
  readonly goOn?: string | undefined
}

/** With fewer columns for it, the verdict is below the name. */
const LEAST_VERDICT_WIDTH = 16

/**
 * The answer: the peer, the verdict and the time, then the cause or the client, then what to do.
 */
export function headerLines(
  { name, verdict, ok, error, totalMs }: Headed,
  page: Page,
  below: Below,
): readonly string[] {
  const isStopped = error !== null && isStop(error.code)
  const kind: Mark = ok ? 'ok' : isStopped ? 'warn' : 'bad'
  const paint = { ok: page.good, warn: page.warn, bad: page.bad }[kind]
  const room = page.width - page.markWidth
  const time = renderTime(totalMs)
  const shown = page.fold(name, room)[0] ?? ''
  const left = room - displayWidth(shown) - 2 - (page.isNarrow ? 0 : time.length + 2)
  const isBelow = left < LEAST_VERDICT_WIDTH
  // the time has its place on the second line of a narrow page
  const restWidth = page.isNarrow ? room - time.length - 2 : room
  const [first = '', ...rest] = page.fold(verdict, restWidth, isBelow ? 0 : left)
  const start = first === '' ? shown : `${shown}  ${first}`
  const lines = [
    ...rest.map((text) => ({ text, paint })),
    ...detailLines({ ok, error, verdict }, page, below),
  ]
  const opening = `${page.mark(kind)}${page.strong(shown)}${first === '' ? '' : `  ${paint(first)}`}`
  if (page.isNarrow) return narrowLines({ opening, start, lines, time }, page)
  const gap = ' '.repeat(Math.max(2, room - displayWidth(start) - time.length))
  return [`${opening}${gap}${page.dim(time)}`, ...lines.map((line) => indented(line, page))]
}

/** Of a session with one peer. */
export function sessionHeader(
  report: SessionReport & Omit<Envelope<string>, 'schema'>,
  page: Page,
  below: Below,
): readonly string[] {
  const { target, timing, verdict, ok, error } = report
  const name = target.input === '' ? 'no peer' : target.input
  return headerLines({ name, verdict, ok, error, totalMs: timing.totalMs }, page, below)
}

function detailLines(
  { ok, error, verdict }: Pick<Headed, 'ok' | 'error' | 'verdict'>,
  page: Page,
  { about, explained, next, goOn }: Below,
): readonly Line[] {
  const room = page.width - page.markWidth
  const plain = (text: string): readonly Line[] =>
    page.fold(text, room).map((line) => ({ text: line, paint: (painted) => painted }))
  const tried = (lines: readonly string[], isFirst = true): readonly Line[] =>
    lines.map((line, i) => ({
      text: `${isFirst && i === 0 ? TRY : ' '.repeat(TRY.length)}${line}`,
      paint: page.note,
    }))
  const client = about === undefined || about === verdict ? [] : plain(about)
  if (error === null || ok) return client
  const isCheck = error.code === 'E_CHECK_FAILED'
  const again = goOn ?? (isStop(error.code) ? RUN_AGAIN : undefined)
  const isRepeated = isCheck || isStop(error.code) || error.message === verdict
  const code = isCheck || isStop(error.code) ? explained : error.code
  const advice = error.hint ?? (code === undefined ? undefined : `peerwire explain ${code}`)
  return [
    ...(isCheck ? client : []),
    ...(isRepeated ? [] : plain(error.message)),
    ...(advice === undefined ? [] : tried(page.fold(advice, room - TRY.length))),
    ...(next === undefined ? [] : tried(commandLines(next, page, room - TRY.length), advice === undefined)),
    ...(again === undefined ? [] : plain(again)),
  ]
}

const TRY = 'Try: '

/** At the end of a line of a command that goes on, so that the lines can be pasted into a shell. */
const CONTINUED = ' \\'

function commandLines(command: string, page: Page, width: number): readonly string[] {
  const whole = page.fold(command, width)
  if (whole.length === 1) return whole
  const lines = page.fold(command, width - CONTINUED.length)
  return lines.map((line, i) => (i === lines.length - 1 ? line : `${line}${CONTINUED}`))
}

/** On a narrow page, the time is at the end of the second line, or where there is room for it. */
function narrowLines(
  {
    opening,
    start,
    lines,
    time,
  }: {
    readonly opening: string
    /** The opening without its mark and colors. */
    readonly start: string
    readonly lines: readonly Line[]
    readonly time: string
  },
  page: Page,
): readonly string[] {
  const room = page.width - page.markWidth
  const texts = [start, ...lines.map(({ text }) => text)]
  const gaps = texts.map((text) => room - displayWidth(text) - time.length)
  const at = [1, 0, 2].find((i) => (gaps[i] ?? 0) >= 2)
  const shown = [opening, ...lines.map((line) => indented(line, page))]
  if (at === undefined)
    return [opening, `${' '.repeat(page.width - time.length)}${page.dim(time)}`, ...shown.slice(1)]
  return shown.map((line, i) => (i === at ? `${line}${' '.repeat(gaps[i] ?? 0)}${page.dim(time)}` : line))
}

function indented({ text, paint }: Line, page: Page): string {
  return `${' '.repeat(page.markWidth)}${paint(text)}`
}
