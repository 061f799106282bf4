import { escapeText } from '../escape.ts'
import type { BlockReport, FetchBlockReport } from '../model/fetch-block.ts'
import { renderHeader } from './connect.ts'
import { makePage, type Page, type TextOptions } from './page/page.ts'
import { joinParts, renderSections } from './page/sections.ts'
import { outcomeSections } from './outcome.ts'
import { count, renderMs, renderSize } from './quantity.ts'
import { chokingLines, sessionSections } from './session.ts'

/** The text report of `fetch-block`: the block first, then the session; with `verbose`, everything that the peer announced. */
export function renderFetchBlockText(report: FetchBlockReport, options: TextOptions): string {
  const page = makePage(options)
  const { block, choking } = report
  const session = options.verbose
    ? sessionSections(report, page, options)
    : [{ label: 'choking', lines: choking === null ? [] : chokingLines(choking, page) }]
  const sections = [
    { label: 'block', lines: block === null ? [] : blockLines(block, page) },
    { label: 'latency', lines: block === null ? [] : latencyLines(block, page) },
    ...session,
    ...outcomeSections(report, page, options),
  ]
  return joinParts([renderHeader(report, page), renderSections(sections, page)])
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
    range,
    ...page.fold(`${count(bytes, 'byte')} written ${written}`),
    ...(sha1 === null ? [] : [`${page.dim('sha1')} ${sha1}`]),
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
