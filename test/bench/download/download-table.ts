import { median } from '../interleaved.ts'
import type { Cost } from '../measured-process.ts'

export interface DownloadCost extends Cost {
  /** Of the whole time, the part in which blocks came: milliseconds, NaN where that cannot be seen. */
  readonly transferMs: number
}

/** What the rounds of one client cost, in order. */
export interface DownloadResult {
  readonly name: string
  readonly costs: readonly DownloadCost[]
}

export interface Range {
  readonly min: number
  readonly median: number
  readonly max: number
}

export type Quantity = keyof DownloadCost

/** Of the rounds: of each the client's value divided by the reference's; undefined without a reference. */
export function ratiosOf(
  result: DownloadResult,
  reference: DownloadResult | undefined,
  quantity: Quantity,
): Range | undefined {
  if (reference === undefined) return undefined
  return rangeOf(
    result.costs.map((cost, round) => cost[quantity] / (reference.costs[round]?.[quantity] ?? Number.NaN)),
  )
}

export function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b)
  return { min: sorted[0] ?? Number.NaN, median: median(sorted), max: sorted.at(-1) ?? Number.NaN }
}

/** Min, median and max of the seconds, the seconds of transfer, CPU seconds and peak memory, each with its ratios to the reference. */
export function renderDownloads(
  title: string,
  results: readonly DownloadResult[],
  reference: string,
  past: (contender: string, ratio: number) => string,
): string {
  const found = results.find(({ name }) => name === reference)
  const lines = results.flatMap((result) =>
    QUANTITIES.map(({ quantity, label, unit, digits }, row) => {
      const { min, median, max } = rangeOf(result.costs.map((cost) => cost[quantity] / unit))
      const values = [min, median, max].map((value) => value.toFixed(digits).padStart(8)).join(' ')
      const name = (row === 0 ? result.name : '').padEnd(16)
      const ratios = ratiosOf(result, found, quantity)
      const before = ratios === undefined ? '' : past(`${result.name}, ${label}`, ratios.median)
      return `  ${name} ${label.padEnd(12)} ${values}   ${renderRatios(ratios)}${before}`
    }),
  )
  const head = `  ${''.padEnd(29)} ${'min'.padStart(8)} ${'median'.padStart(8)} ${'max'.padStart(8)}   relative to ${reference}`
  return [title, head, ...lines, ''].join('\n')
}

const QUANTITIES: readonly { quantity: Quantity; label: string; unit: number; digits: number }[] = [
  { quantity: 'wallMs', label: 'whole, s', unit: 1000, digits: 2 },
  { quantity: 'transferMs', label: 'transfer, s', unit: 1000, digits: 2 },
  { quantity: 'cpuMs', label: 'CPU, s', unit: 1000, digits: 2 },
  { quantity: 'peakBytes', label: 'peak, MiB', unit: 2 ** 20, digits: 0 },
]

function renderRatios(ratios: Range | undefined): string {
  if (ratios === undefined) return 'absent'
  return `x${ratios.median.toFixed(2)} (${ratios.min.toFixed(2)} to ${ratios.max.toFixed(2)})`
}
