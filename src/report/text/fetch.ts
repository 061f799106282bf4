import { escapeText } from '../escape.ts'
import type { FetchCommandReport, FetchReport } from '../model/fetch.ts'
import type { Page, TextOptions } from './page/page.ts'
import { count, renderMs, renderSize } from './quantity.ts'
import { renderSessionText } from './session/session-report.ts'
import { describePeer, isStop, RUN_AGAIN } from './session/verdict.ts'

/** How many piece numbers of a list are shown; the JSON document has all of them. */
const MAX_SHOWN = 20

/** How many links are shown; the JSON document has the first thousand. */
const MAX_SHOWN_LINKS = 5

/** The text report of `fetch`: what has been downloaded, how fast, and what went wrong. */
export function renderFetchText(report: FetchCommandReport, options: TextOptions): string {
  const { fetch, error } = report
  const isResumable = error !== null && isStop(error.code) && fetch !== null && fetch.output !== null
  return renderSessionText(report, options, (page) => ({
    announced: false,
    about: describePeer(report),
    ...(isResumable && { goOn: RUN_AGAIN }),
    first: [
      { label: 'pieces', lines: fetch === null ? [] : pieceLines(fetch, page) },
      { label: 'transfer', lines: fetch === null ? [] : transferLines(fetch, page) },
    ],
  }))
}

function pieceLines(fetch: FetchReport, page: Page): readonly string[] {
  const { output, wantedCount, alreadyThere, fetched, bad, refused, unavailable, unavailableCount, sample } =
    fetch
  const there = alreadyThere === 0 ? '' : `, ${alreadyThere} were already there`
  const where = output === null ? 'not written to disk' : `in ${escapeText(output)}`
  const lines = [
    ...page.marked(
      fetch.complete ? 'ok' : 'warn',
      `${alreadyThere + fetched} of ${count(wantedCount, 'piece')} verified`,
    ),
    ...page.marked('none', `${fetched} came from the peer${there}, ${where}`),
  ]
  if (sample !== null)
    lines.push(
      ...page.marked('none', `sample: served ${sample.served} of ${sample.asked} that it claims to have`),
    )
  if (bad.length > 0) lines.push(...page.marked('bad', listed('bad data', bad)))
  if (refused.length > 0) lines.push(...page.marked('bad', listed('rejected', refused)))
  if (unavailableCount > 0) {
    const text = `not offered: ${count(unavailableCount, 'piece')}, ${unavailable.replaceAll(',', ', ')}`
    lines.push(...page.marked('warn', text).slice(0, 4))
  }
  return [...lines, ...linkLines(fetch, page)]
}

/** Symbolic links in the torrent. They are not created, because they could lead anywhere. */
function linkLines({ links, linkCount }: FetchReport, page: Page): readonly string[] {
  const lines = links.slice(0, MAX_SHOWN_LINKS).flatMap(({ path, target }) => {
    const where = target === '' ? 'a link without a target' : `a link to ${escapeText(target)}`
    return page.marked('warn', `${escapeText(path)}: ${where}, not created`)
  })
  const more = linkCount - Math.min(links.length, MAX_SHOWN_LINKS)
  return more > 0
    ? [...lines, ...page.marked('none', `and ${count(more, 'other link')}, not created`)]
    : lines
}

function listed(label: string, pieces: readonly number[]): string {
  const more = pieces.length > MAX_SHOWN ? `, and ${pieces.length - MAX_SHOWN} more` : ''
  return `${label}: ${count(pieces.length, 'piece')}, ${pieces.slice(0, MAX_SHOWN).join(', ')}${more}`
}

function transferLines(fetch: FetchReport, page: Page): readonly string[] {
  const { bytes, unfinishedBytes, unchokeWaitMs, transferMs, bytesPerSecond, latency } = fetch
  const wait = unchokeWaitMs === null ? [] : [`${renderMs(unchokeWaitMs)} waiting for unchoke`]
  const unfinished = unfinishedBytes === 0 ? [] : [`${renderSize(unfinishedBytes)} of an incomplete block`]
  if (bytes === 0) return unfinished.length === 0 ? [] : [...unfinished, ...wait]
  const rate = bytesPerSecond === null ? '' : `, ${renderSize(bytesPerSecond)}/s`
  const lines = [`${renderSize(bytes)} in ${renderMs(transferMs)}${rate}`, ...unfinished, ...wait]
  if (latency !== null) {
    const { p50Ms, p90Ms, p99Ms, maxMs } = latency
    const spread = `half ${renderMs(p50Ms)}, 90 % ${renderMs(p90Ms)}, 99 % ${renderMs(p99Ms)}, all ${renderMs(maxMs)}`
    lines.push(...page.fold(`blocks within: ${spread}`))
  }
  const events = (['chokes', 'rejects', 'duplicates', 'unrequested', 'timedOut'] as const)
    .filter((name) => fetch[name] > 0)
    .map((name) => `${name} ${fetch[name]}`)
  return events.length === 0 ? lines : [...lines, events.join(', ')]
}
