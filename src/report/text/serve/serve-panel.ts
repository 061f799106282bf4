import type { ServedPeerState } from '../../model/serve-event.ts'
import type { ServedPeerProgress } from '../../model/serve-event.ts'
import { pad } from '../page/columns.ts'
import { makePage, type Page } from '../page/page.ts'
import type { Paper } from '../page/paper.ts'
import { count, renderSize } from '../quantity.ts'

/** The largest number of peers shown; the rest are only counted, so that the panel fits any terminal. */
const MAX_ROWS = 10

/** Columns of the number of a peer. */
const PEER_WIDTH = 9

/** What is shown of a peer, with its width, in the order of the columns. A narrow page has only the first in order of importance. */
const COLUMNS = [
  { name: 'remote', width: 22, importance: 0 },
  { name: 'client', width: 18, importance: 3 },
  { name: 'state', width: 10, importance: 1 },
  { name: 'rate', width: 12, importance: 2 },
  { name: 'sent', width: 9, importance: 4 },
] as const

interface Column {
  readonly name: (typeof COLUMNS)[number]['name']
  readonly width: number
}

const STATES: Readonly<Record<ServedPeerState, string>> = {
  handshake: 'handshake',
  idle: 'idle',
  waiting: 'waiting',
  served: 'downloads',
}

/**
 * The live table at the bottom of the terminal: one line per connected peer, as wide as the event lines above, and a total.
 * Empty when no peer is connected.
 */
export function renderServePanel(
  peers: readonly ServedPeerProgress[],
  uploaded: number,
  paper: Paper,
): readonly string[] {
  if (peers.length === 0) return []
  const page = makePage(paper)
  const numberWidth = Math.max(PEER_WIDTH, ...peers.map(({ peer }) => `peer ${peer} `.length))
  const columns = fittingColumns(page, page.width - numberWidth)
  const last = columns.at(-1)
  const others = columns.slice(0, -1).reduce((sum, { width }) => sum + width, 0)
  const lastWidth = Math.min(last?.width ?? 0, page.width - numberWidth - others)
  const rows = peers.slice(0, MAX_ROWS).map((peer) => {
    const number = pad(`peer ${peer.peer} `, numberWidth)
    const cells = {
      remote: peer.remote,
      client: peer.client ?? (peer.state === 'handshake' ? '' : 'unknown client'),
      state: STATES[peer.state],
      rate: peer.bytesPerSecond === 0 ? '' : `${renderSize(peer.bytesPerSecond)}/s`,
      sent: renderSize(peer.uploaded),
    }
    const row = columns
      .map(({ name, width }) =>
        name === last?.name ? page.cut(cells[name], lastWidth) : column(cells[name], width, page),
      )
      .join('')
    return `${peer.violationCount > 0 ? page.bad(number) : number}${row.trimEnd()}`
  })
  const more = peers.length - rows.length
  const rate = peers.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0)
  const sum = `${count(peers.length, 'peer')}, ${renderSize(rate)}/s, ${renderSize(uploaded)} sent`
  return [
    page.dim(page.glyphs.line.repeat(page.width - 1)),
    ...rows,
    ...(more > 0 ? [page.dim(`and ${more} more`)] : []),
    page.strong(page.cut(sum, page.width - 1)),
  ]
}

/** The most important columns that fit; the last one needs no gap after it. */
function fittingColumns({ width: pageWidth }: Page, room: number): readonly Column[] {
  // a narrow page cuts long addresses of IPv6
  const columns = COLUMNS.map((one) => ({ ...one, width: Math.min(one.width, pageWidth - 20) }))
  const byImportance = [...columns].sort((a, b) => a.importance - b.importance)
  const fits = (kept: number) =>
    byImportance.slice(0, kept).reduce((sum, { width }) => sum + width, 0) - 1 <= room
  const kept = new Set<Column>(byImportance.filter((_, i) => fits(i + 1)))
  return columns.filter((one) => kept.has(one))
}

/** Leaves one empty column before the next cell. */
function column(text: string, width: number, page: Page): string {
  return pad(page.cut(text, width - 1), width)
}
