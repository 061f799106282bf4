import type { ErrorReport } from '../model/envelope.ts'
import { displayWidth, fold, WIDTH } from './layout.ts'

/** A failure and what to use instead, in one line; if that is too long, the failure and the hint are folded separately. */
export function renderErrorLine(command: string | undefined, { message, hint }: ErrorReport): string {
  const what = `${command === undefined ? 'peerwire' : `peerwire ${command}`}: ${message}`
  if (hint === null) return `${foldHanging(what)}\n`
  const said = /[.?]$/.test(what) ? what : `${what};`
  const line = `${said} ${hint}`
  return displayWidth(line) <= WIDTH
    ? `${foldHanging(line)}\n`
    : `${foldHanging(said)}\n  ${foldHanging(hint)}\n`
}

/** Every line but the first is indented. */
function foldHanging(text: string): string {
  return fold(text, WIDTH - 2).join('\n  ')
}
