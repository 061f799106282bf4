import type { ErrorReport } from '../model/envelope.ts'
import { displayWidth } from './page/columns.ts'
import { makePage, type Page, type Paper, PLAIN_PAPER } from './page/page.ts'

/** A failure and what to use instead, in one line; if that is too long, the failure and the hint are folded separately. */
export function renderErrorLine(
  command: string | undefined,
  { message, hint }: ErrorReport,
  paper: Paper = PLAIN_PAPER,
): string {
  const page = makePage(paper)
  const what = `${command === undefined ? 'peerwire' : `peerwire ${command}`}: ${message}`
  if (hint === null) return `${foldHanging(what, page)}\n`
  const said = /[.?]$/.test(what) ? what : `${what};`
  const line = `${said} ${hint}`
  return displayWidth(line) <= page.width
    ? `${foldHanging(line, page)}\n`
    : `${foldHanging(said, page)}\n  ${foldHanging(hint, page)}\n`
}

/** Every line but the first is indented. */
function foldHanging(text: string, page: Page): string {
  return page.fold(text, page.width - 2).join('\n  ')
}
