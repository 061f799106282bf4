import type { ServedPeerState } from '../model/serve-event.ts'
import type { ServedPeerProgress } from '../model/serve-event.ts'
import { pad } from './page/columns.ts'
import { makePage, type Page, type Paper } from './page/page.ts'
import { count, renderSize } from './quantity.ts'

/** The largest number of peers shown; the rest are only counted, so that the panel fits any terminal. */
const MAX_ROWS = 10

/** Widths of the address, client, state and rate columns; the bytes sent come last. */
const COLUMNS = [22, 18, 10, 12] as const

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
  const rows = peers.slice(0, MAX_ROWS).map((peer) => {
    const number = pad(`peer ${peer.peer} `, 9)
    const cells = [
      peer.remote,
      peer.client ?? (peer.state === 'handshake' ? '' : 'unknown client'),
      STATES[peer.state],
      peer.bytesPerSecond === 0 ? '' : `${renderSize(peer.bytesPerSecond)}/s`,
    ]
    const row = cells.map((cell, i) => column(cell, COLUMNS[i] ?? 0, page)).join('')
    return `${peer.violationCount > 0 ? page.bad(number) : number}${row}${renderSize(peer.uploaded)}`
  })
  const more = peers.length - rows.length
  const rate = peers.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0)
  const sum = `${count(peers.length, 'peer')}, ${renderSize(rate)}/s, ${renderSize(uploaded)} sent`
  return [
    page.dim(page.glyphs.line.repeat(page.width - 1)),
    ...rows,
    ...(more > 0 ? [page.dim(`and ${more} more`)] : []),
    page.strong(sum),
  ]
}

/** Leaves one empty column before the next cell. */
function column(text: string, width: number, page: Page): string {
  return pad(page.cut(text, width - 1), width)
}
