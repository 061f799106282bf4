import type { DownloadSection } from './download.ts'
import { rangeOf, ratiosOf, type DownloadResult } from './download-table.ts'

const WIDTH = 760
const BAR = { left: 130, width: 330, height: 18, pitch: 28 }
const COLORS = { ours: '#0969da', other: '#8c959f', text: '#1f2328', range: '#57606a' }

/**
 * Bars of the median time of transfer relative to the reference, with a line from the smallest to the largest ratio of a round.
 * @param reference the client whose time is 1; without it in a section there is nothing to draw
 */
export function renderChart(title: string, sections: readonly DownloadSection[], reference: string): string {
  const largest = Math.max(
    1,
    ...sections.flatMap(({ results }) => results.map((it) => timeOf(it, results, reference).max)),
  )
  const parts: string[] = []
  let y = 52
  for (const { seeder, results } of sections) {
    parts.push(text(16, y, `From ${seeder}`, 'font-weight="600"'))
    y += 14
    for (const result of results) {
      parts.push(...row(result, timeOf(result, results, reference), BAR.width / largest, y))
      y += BAR.pitch
    }
    y += 22
  }
  const note = `Bar: median time of transfer relative to ${reference}; line: smallest to largest of the rounds. Shorter is faster.`
  parts.push(text(16, y, note, `font-size="12" fill="${COLORS.range}"`))
  const height = y + 16
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="13" fill="${COLORS.text}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(16, 26, title, 'font-size="15" font-weight="600"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

type Ratios = ReturnType<typeof rangeOf>

function timeOf(result: DownloadResult, results: readonly DownloadResult[], reference: string): Ratios {
  const found = results.find(({ name }) => name === reference)
  return ratiosOf(result, found, 'transferMs') ?? { min: 0, median: 0, max: 0 }
}

function row(result: DownloadResult, { min, median, max }: Ratios, scale: number, y: number): string[] {
  const middle = y + BAR.height / 2
  const color = result.name.startsWith('peerwire') ? COLORS.ours : COLORS.other
  const seconds = rangeOf(result.costs.map(({ transferMs }) => transferMs / 1000)).median.toFixed(1)
  const cpu = rangeOf(result.costs.map(({ cpuMs }) => cpuMs / 1000)).median.toFixed(1)
  const peak = rangeOf(result.costs.map(({ peakBytes }) => peakBytes / 2 ** 20)).median.toFixed(0)
  const label = `${median.toFixed(2)} · ${seconds} s · CPU ${cpu} s · ${peak} MiB`
  const [from, to] = [min, max].map((ratio) => (BAR.left + ratio * scale).toFixed(1))
  return [
    text(BAR.left - 8, middle + 4, result.name, 'text-anchor="end"'),
    `<rect x="${BAR.left}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR.height}" fill="${color}"/>`,
    `<line x1="${from}" x2="${to}" y1="${middle}" y2="${middle}" stroke="${COLORS.text}" stroke-width="1.5"/>`,
    text(BAR.left + Math.max(max, median) * scale + 8, middle + 4, label),
  ]
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escapeXml(content)}</text>`
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
