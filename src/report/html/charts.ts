import { fromHex } from '../../base/bytes.ts'
import { hasBit } from '../../wire/bitfield.ts'
import type { Throughput } from '../evidence/throughput.ts'
import type { AvailabilityReport, TimingReport } from '../model/session.ts'
import { renderMs, renderSize } from '../text/quantity.ts'
import { html, type Markup } from './markup.ts'

const WIDTH = 720
const ROW = 22
const LABEL = 150

/** The phases of the session as bars on one scale. Undefined if there was none. */
export function waterfall({
  startedMs,
  dnsMs,
  connectMs,
  encryptionMs,
  handshakeMs,
  extensionHandshakeMs,
  availabilityMs,
  unchokeMs,
  totalMs,
}: TimingReport): Markup | undefined {
  const moments: readonly (readonly [name: string, at: number | null])[] = [
    ['connected', connectMs],
    ['encrypted', encryptionMs],
    ['handshake', handshakeMs],
    ['extensions', extensionHandshakeMs],
    ['availability', availabilityMs],
    ['unchoked', unchokeMs],
    ['end', totalMs - startedMs],
  ]
  const rows = moments.flatMap(([name, at]) => (at === null ? [] : [{ name, at }]))
  if (rows.length < 2) return undefined
  const room = WIDTH - LABEL - 80
  // most of a session is waiting: a square root shows the first milliseconds as well
  const longest = Math.sqrt(Math.max(1, ...rows.map(({ at }) => at)))
  const height = rows.length * ROW + 4
  const bars = rows.map(({ name, at }, i) => {
    const end = Math.max(2, (Math.sqrt(Math.max(0, at)) / longest) * room)
    const y = i * ROW
    return html`<text x="0" y="${y + 15}">${name}</text
      ><rect class="bar" x="${LABEL}" y="${y + 4}" width="${fixed(end)}" height="${ROW - 9}" rx="3" /><text
        x="${fixed(LABEL + end + 8)}"
        y="${y + 15}"
        >${renderMs(at)}</text
      >`
  })
  const before =
    dnsMs === null ? undefined : html`<p class="dim">The name was looked up in ${renderMs(dnsMs)}.</p>`
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time of each phase">${bars}</svg>
    <p class="dim">Since the start of the attempt; the scale is a square root.</p>
    ${before}`
}

const MAX_CELLS = 480
const COLUMNS = 60
const CELL = 12

/** Which pieces the peer has, as cells of one or more pieces. Undefined while the piece count is unknown. */
export function pieceMap({ pieceCount, have, bitfield }: AvailabilityReport): Markup | undefined {
  if (pieceCount === null || pieceCount === 0 || have === null) return undefined
  const cells = Math.min(MAX_CELLS, pieceCount)
  const bytes = bitfield === null ? undefined : fromHex(bitfield)
  if (bytes === undefined && have !== 0 && have !== pieceCount) return undefined
  const rows = Math.ceil(cells / COLUMNS)
  const rects = Array.from({ length: cells }, (_, cell) => {
    const first = Math.floor((cell * pieceCount) / cells)
    const end = Math.max(first + 1, Math.floor(((cell + 1) * pieceCount) / cells))
    const share = bytes === undefined ? (have === 0 ? 0 : 1) : shareOf(bytes, first, end)
    const x = (cell % COLUMNS) * CELL
    const y = Math.floor(cell / COLUMNS) * CELL
    const opacity = share === 0 || share === 1 ? 1 : 0.25 + share / 2
    return html`<rect
      class="${share === 0 ? 'lacks' : 'has'}"
      opacity="${fixed(opacity)}"
      x="${x}"
      y="${y}"
      width="${CELL - 2}"
      height="${CELL - 2}"
    />`
  })
  const each = cells === pieceCount ? 'one piece' : `about ${Math.round(pieceCount / cells)} pieces`
  return html`<svg
      viewBox="0 0 ${COLUMNS * CELL} ${rows * CELL}"
      role="img"
      aria-label="${have} of ${pieceCount} pieces"
    >
      ${rects}
    </svg>
    <p class="dim">Each cell is ${each}.</p>`
}

function shareOf(bytes: Uint8Array, first: number, end: number): number {
  let set = 0
  for (let piece = first; piece < end; piece++) if (hasBit(bytes, piece)) set++
  return set / (end - first)
}

const CHART = 150

/** Bytes a second and the slowest block of each interval. Undefined for a session without blocks. */
export function throughputChart({ intervals, intervalMs }: Throughput): Markup | undefined {
  const blocks = intervals.reduce((sum, one) => sum + one.blocks, 0)
  if (blocks < 2) return undefined
  const most = Math.max(...intervals.map(({ bytes }) => bytes))
  const slowest = Math.max(1, ...intervals.map((one) => one.slowest))
  const step = WIDTH / intervals.length
  const bars = intervals.map(({ bytes }, i) => {
    const height = (bytes / most) * CHART
    return html`<rect
      class="rate"
      x="${fixed(i * step)}"
      y="${fixed(CHART - height)}"
      width="${fixed(Math.max(0.5, step - 1))}"
      height="${fixed(height)}"
    />`
  })
  const points = intervals
    .flatMap((one, i) =>
      one.blocks === 0
        ? []
        : [`${fixed((i + 0.5) * step)},${fixed(CHART - (one.slowest / slowest) * CHART)}`],
    )
    .join(' ')
  const rate = renderSize(Math.round((most * 1000) / intervalMs))
  const total = renderMs(intervals.length * intervalMs)
  return html`<svg
      viewBox="0 0 ${WIDTH} ${CHART + 20}"
      role="img"
      aria-label="Throughput and latency over time"
    >
      <line class="grid" x1="0" y1="${CHART}" x2="${WIDTH}" y2="${CHART}" />
      ${bars}
      <polyline class="late" points="${points}" />
      <text x="0" y="${CHART + 16}">first request</text>
      <text x="${WIDTH}" y="${CHART + 16}" text-anchor="end">${total} later</text>
    </svg>
    <p class="dim">
      Bars: throughput, at most ${rate}/s. Line: the slowest block of each ${renderMs(intervalMs)}, at most
      ${renderMs(slowest)}.
    </p>`
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100)
}
