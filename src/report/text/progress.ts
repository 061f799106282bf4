import type { FetchProgress } from '../model/progress.ts'
import { makePage, type Paper } from './page/page.ts'
import { count, renderMs, renderPercent, renderSize } from './quantity.ts'

const BAR_WIDTH = 24

/** One line for a terminal, under 80 columns: a bar, percentage, pieces, rate and time left. */
export function renderProgress(progress: FetchProgress, paper: Paper): string {
  const { glyphs } = makePage(paper)
  const share = progress.totalBytes === 0 ? 1 : Math.min(1, progress.doneBytes / progress.totalBytes)
  const filled = Math.round(share * BAR_WIDTH)
  const bar = `${glyphs.done.repeat(filled)}${glyphs.left.repeat(BAR_WIDTH - filled)}`
  return `${bar} ${renderPercent(share * 100)}, ${renderParts(progress)}`
}

/** The same for a log. */
export function renderProgressLine(progress: FetchProgress): string {
  const what = progress.stage === 'checking' ? 'checked' : 'fetched'
  return `${what} ${renderSize(progress.doneBytes)} of ${renderSize(progress.totalBytes)}, ${renderParts(progress)}`
}

function renderParts({
  stage,
  transferMs,
  choked,
  donePieces,
  pieces,
  doneBytes,
  totalBytes,
}: FetchProgress): string {
  const parts = [`${donePieces} of ${count(pieces, 'piece')}`]
  if (stage === 'checking') return [...parts, 'checking existing data'].join(', ')
  if (transferMs > 0 && doneBytes > 0) {
    const perMs = doneBytes / transferMs
    parts.push(
      `${renderSize(Math.round(perMs * 1000))}/s`,
      `${renderMs((totalBytes - doneBytes) / perMs)} left`,
    )
  }
  if (choked) parts.push('choked')
  return parts.join(', ')
}
