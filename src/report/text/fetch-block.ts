import { escapeText } from '../escape.ts'
import type { BlockReport, FetchBlockReport } from '../model/fetch-block.ts'
import { joinParts, renderHeader } from './connect.ts'
import { fold, makePaint, type Paint, renderSections, type TextOptions, VALUE_WIDTH } from './layout.ts'
import { outcomeSections } from './outcome.ts'
import { count, renderMs, renderSize } from './quantity.ts'
import { chokingLines, sessionSections } from './session.ts'

/** The text report of `fetch-block`: the block first, then the session; with `verbose`, everything that the peer announced. */
export function renderFetchBlockText(report: FetchBlockReport, options: TextOptions): string {
  const paint = makePaint(options.color)
  const { block, choking } = report
  const session = options.verbose
    ? sessionSections(report, paint)
    : [{ label: 'choking', lines: choking === null ? [] : chokingLines(choking) }]
  const sections = [
    { label: 'block', lines: block === null ? [] : blockLines(block, paint) },
    { label: 'latency', lines: block === null ? [] : latencyLines(block) },
    ...session,
    ...outcomeSections(report, paint, options),
  ]
  return joinParts([renderHeader(report, paint), renderSections(sections, paint)])
}

function blockLines(block: BlockReport, paint: Paint): readonly string[] {
  const { piece, offset, length, bytes, sha1, output, verified, verifiedDetail } = block
  const range = `piece ${piece}, bytes ${offset} to ${offset + length - 1} (${renderSize(length)})`
  const written = output === '-' ? 'to standard output' : `to ${escapeText(output)}`
  const proof = {
    'piece-sha1': 'the whole piece has its SHA-1',
    'merkle-proof': 'a merkle proof',
    none: 'not verified',
  }
  const mark = verified === 'none' ? paint.warn('!') : paint.good('✓')
  const why = verifiedDetail === null ? '' : `: ${verifiedDetail}`
  return [
    range,
    ...fold(`${count(bytes, 'byte')} written ${written}`, VALUE_WIDTH),
    ...(sha1 === null ? [] : [`${paint.dim('sha1')} ${sha1}`]),
    ...fold(`${proof[verified]}${why}`, VALUE_WIDTH - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`),
  ]
}

function latencyLines({ requests }: BlockReport): readonly string[] {
  const sorted = requests.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  const [min] = sorted
  const median = sorted[Math.floor(sorted.length / 2)]
  const max = sorted.at(-1)
  if (min === undefined || median === undefined || max === undefined) return []
  if (sorted.length === 1) return [`1 request, answered in ${renderMs(min)}`]
  const spread = `min ${renderMs(min)}, median ${renderMs(median)}, max ${renderMs(max)}`
  return fold(`${sorted.length} requests: ${spread}`, VALUE_WIDTH)
}
