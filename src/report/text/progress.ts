import type { FetchProgress, ReadingProgress } from '../model/progress.ts'
import { displayWidth } from './page/columns.ts'
import { makePage } from './page/page.ts'
import type { Paper } from './page/paper.ts'
import { count, renderPercent, renderSize, renderTimeLeft } from './quantity.ts'

const MAX_BAR_WIDTH = 24
const MIN_BAR_WIDTH = 6

/**
 * One line for a terminal, with a column to spare: a bar, the percentage, pieces, rate and time left. What does not fit is
 * left out, from the pieces on.
 */
export function renderProgress(progress: FetchProgress, paper: Paper): string {
  const share = progress.totalBytes === 0 ? 1 : Math.min(1, progress.doneBytes / progress.totalBytes)
  return renderBar(share, partsOf(progress), paper)
}

/** The same for an input that is read; without a bar where its length is not known. */
export function renderReading(
  { doneBytes, totalBytes }: ReadingProgress,
  elapsedMs: number,
  paper: Paper,
): string {
  const perMs = doneBytes / Math.max(1, elapsedMs)
  const rate = `${renderSize(Math.round(perMs * 1000))}/s`
  if (totalBytes === undefined) return `read ${renderSize(doneBytes)}  ${rate}`
  // a file may grow while it is read
  const left = Math.max(0, totalBytes - doneBytes)
  const amount = `${renderSize(doneBytes)} of ${renderSize(Math.max(doneBytes, totalBytes))}`
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes)
  return renderBar(
    share,
    [amount, rate, `${renderTimeLeft(left / Math.max(Number.EPSILON, perMs))} left`],
    paper,
  )
}

/** A step in words, cut to one line for a terminal, with a column to spare. */
export function renderStep(words: string, paper: Paper): string {
  const page = makePage(paper)
  return page.cut(words, page.width - 1)
}

function renderBar(share: number, more: readonly string[], paper: Paper): string {
  const page = makePage(paper)
  const percent = renderPercent(share * 100).padStart(6)
  const parts = fitting([percent, ...more], page.width - 1 - MIN_BAR_WIDTH - 2)
  const text = parts.join('  ')
  const width = Math.min(MAX_BAR_WIDTH, page.width - 3 - displayWidth(text))
  const filled = Math.round(share * width)
  const { done, left } = page.glyphs
  return `${page.good(done.repeat(filled))}${page.dim(left.repeat(width - filled))}  ${text}`
}

/** The same for a log. */
export function renderProgressLine(progress: FetchProgress): string {
  const what = progress.stage === 'checking' ? 'checked' : 'fetched'
  const amount = `${what} ${renderSize(progress.doneBytes)} of ${renderSize(progress.totalBytes)}`
  return [amount, ...partsOf(progress)].join(', ')
}

function partsOf({
  stage,
  transferMs,
  choked,
  donePieces,
  pieces,
  doneBytes,
  totalBytes,
}: FetchProgress): readonly string[] {
  const amount = `${donePieces} of ${count(pieces, 'piece')}`
  if (stage === 'checking') return [amount, 'checking existing data']
  const state = choked ? ['choked'] : []
  if (transferMs === 0 || doneBytes === 0) return [amount, ...state]
  const perMs = doneBytes / transferMs
  const left = `${renderTimeLeft((totalBytes - doneBytes) / perMs)} left`
  return [amount, `${renderSize(Math.round(perMs * 1000))}/s`, left, ...state]
}

/** Without the second parts while the line is too long. */
function fitting(parts: readonly string[], width: number): readonly string[] {
  if (parts.length < 3 || displayWidth(parts.join('  ')) <= width) return parts
  return fitting([...parts.slice(0, 1), ...parts.slice(2)], width)
}
