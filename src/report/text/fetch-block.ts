import { escapeText } from '../escape.ts'
import type { BlockReport, FetchBlockReport } from '../model/fetch-block.ts'
import type { Page, TextOptions } from './page/page.ts'
import { count, renderMs, renderSize } from './quantity.ts'
import { renderSessionText } from './session/session-report.ts'
import { describePeer } from './session/verdict.ts'

/** The text report of `fetch-block`: the block first, then the session; with `verbose`, everything that the peer announced. */
export function renderFetchBlockText(report: FetchBlockReport, options: TextOptions): string {
  const { block } = report
  return renderSessionText(report, options, (page) => ({
    announced: false,
    about: describePeer(report),
    first: [
      { label: 'block', lines: block === null ? [] : blockLines(block, page) },
      { label: 'latency', lines: block === null ? [] : latencyLines(block, page) },
    ],
  }))
}

function blockLines(block: BlockReport, page: Page): readonly string[] {
  const { piece, offset, length, bytes, sha1, output, verified, verifiedDetail } = block
  const range = `piece ${piece}, bytes ${offset} to ${offset + length - 1} (${renderSize(length)})`
  const written = output === '-' ? 'to standard output' : `to ${escapeText(output)}`
  const proof = {
    'piece-sha1': 'the whole piece has its SHA-1',
    'merkle-proof': 'a merkle proof',
    none: 'not verified',
  }
  const why = verifiedDetail === null ? '' : `: ${verifiedDetail}`
  return [
    ...page.fold(range),
    ...page.fold(`${count(bytes, 'byte')} written ${written}`),
    ...(sha1 === null ? [] : page.fold(`sha1 ${sha1}`)),
    ...page.marked(verified === 'none' ? 'warn' : 'ok', `${proof[verified]}${why}`),
  ]
}

function latencyLines({ requests }: BlockReport, page: Page): readonly string[] {
  const sorted = requests.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  const [min] = sorted
  const median = sorted[Math.floor(sorted.length / 2)]
  const max = sorted.at(-1)
  if (min === undefined || median === undefined || max === undefined) return []
  if (sorted.length === 1) return [`1 request, answered in ${renderMs(min)}`]
  const spread = `min ${renderMs(min)}, median ${renderMs(median)}, max ${renderMs(max)}`
  return page.fold(`${sorted.length} requests: ${spread}`)
}
