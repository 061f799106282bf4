import type { ErrorReport } from '../model/envelope.ts'
import { displayWidth } from './page/columns.ts'
import { type Layout, makeLayout } from './page/layout.ts'
import { type Paper, PLAIN_PAPER } from './page/paper.ts'

/** A failure and what to use instead, in one line; if that is too long, the failure and the hint are folded separately. */
export function renderErrorLine(
  command: string | undefined,
  { message, hint }: ErrorReport,
  paper: Paper = PLAIN_PAPER,
): string {
  const page = makeLayout(paper)
  const what = `${command === undefined ? 'peerwire' : `peerwire ${command}`}: ${message}`
  if (hint === null) return `${foldHanging(what, page)}\n`
  const said = /[.?]$/.test(what) ? what : `${what};`
  const line = `${said} ${hint}`
  return displayWidth(line) <= page.width
    ? `${page.fold(line, page.width).join('\n')}\n`
    : `${foldHanging(said, page, page.width)}\n  ${hintLines(hint, page)}\n`
}

/** A command line is not folded: it is there to be copied, and a terminal joins the lines that it wraps itself. */
function hintLines(hint: string, page: Layout): string {
  const isCommand = /^use peerwire (?!.*, )/.test(hint)
  return isCommand ? page.fold(hint, Number.POSITIVE_INFINITY).join('') : foldHanging(hint, page)
}

/** Every line but the first is indented. */
function foldHanging(text: string, page: Layout, firstWidth = page.width - 2): string {
  const [first = '', ...more] = page.fold(text, page.width)
  if (more.length === 0 && displayWidth(first) <= firstWidth) return first
  return page.fold(text, page.width - 2).join('\n  ')
}
