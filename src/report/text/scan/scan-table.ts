import type { ScannedPeer } from '../../model/scan.ts'
import { totalMsOf } from '../../outcome.ts'
import { pad } from '../page/columns.ts'
import { makePage, type Mark, type Page } from '../page/page.ts'
import type { Paper } from '../page/paper.ts'
import { renderTime, renderTimeLeft } from '../quantity.ts'
import { outcomeWords, type OutcomeCounts } from './scan-verdict.ts'

/** Columns, each with the space after it. */
const WIDE = { peer: 24, client: 19 }
/** Enough for an IPv4 address with its port, and for most clients with their version. */
const NARROW = { peer: 23, client: 17 }
const HAVE = 7
const TIME = 7

/** The line above the rows. */
export function renderScanHead(paper: Paper): string {
  const page = makePage(paper)
  const cells = { peer: 'peer', verdict: 'verdict', client: 'client', have: 'have', time: 'time' }
  return `${page.dim(`${page.mark('none')}${row(cells, page)}`.trimEnd())}\n`
}

/** One peer of the live table: one line, which is cut where it does not fit. */
export function renderScanRow(scanned: ScannedPeer, paper: Paper): string {
  const page = makePage(paper)
  const { ok, target, label, verdict } = scanned
  const time = renderTime(totalMsOf(scanned))
  const peer = label === null ? target.input : `${target.input} ${label}`
  const session = ok && scanned.schema === 'peerwire.connect/1' ? scanned : undefined
  const cells =
    session === undefined
      ? { peer, verdict, time }
      : {
          peer,
          verdict: ['ok', ...wayOf(session.session)].join(', '),
          client: session.client ?? 'unknown',
          have: percentOf(session.availability),
          time,
        }
  return `${page.mark(markOf(scanned))}${row(cells, page)}`.trimEnd() + '\n'
}

/** How far a scan is. */
export interface ScanProgress {
  readonly done: number
  /** Undefined if the length of the list is not known. */
  readonly total: number | undefined
  readonly outcomes: OutcomeCounts
  readonly elapsedMs: number
}

/** `250 of 1000   212 ok, 30 refused, 8 not BitTorrent   12 s left`, in one line. */
export function renderScanStatus({ done, total, outcomes, elapsedMs }: ScanProgress, paper: Paper): string {
  const page = makePage(paper)
  const left = done === 0 || total === undefined ? undefined : (elapsedMs / done) * (total - done)
  const parts = [
    total === undefined ? String(done) : `${done} of ${total}`,
    ...(done === 0 ? [] : [outcomeWords(outcomes).join(', ')]),
    ...(left === undefined ? [] : [`${renderTimeLeft(left)} left`]),
  ]
  return page.cut(`  ${parts.join('   ')}`, page.width - 1)
}

interface Cells {
  readonly peer: string
  readonly verdict: string
  /** Without a client, the verdict has its columns. */
  readonly client?: string
  readonly have?: string
  readonly time: string
}

function row({ peer, verdict, client, have = '', time }: Cells, page: Page): string {
  const time_ = page.isNarrow ? 0 : TIME
  const columns = page.isNarrow ? NARROW : WIDE
  const details = page.isLabelled ? columns.client + HAVE : 0
  const room = page.width - 1 - page.markWidth - time_
  const first = Math.min(columns.peer, Math.floor(room / 2))
  const left = room - first
  const middle =
    client === undefined || details === 0
      ? cell(verdict, left, page)
      : `${cell(verdict, left - details, page)}${cell(client, columns.client, page)}${cell(have.padStart(HAVE - 2), HAVE, page)}`
  const last = page.isNarrow ? '' : page.dim(time.padStart(TIME))
  return `${cell(peer, first, page)}${middle}${last}`
}

/** Leaves two columns before the next cell. */
function cell(text: string, width: number, page: Page): string {
  return pad(page.cut(text, Math.max(1, width - 2)), width)
}

/** How the session differs from plaintext over TCP. */
function wayOf(
  session: Extract<ScannedPeer, { schema: 'peerwire.connect/1' }>['session'],
): readonly string[] {
  if (session === null) return []
  const { transport, encryption } = session
  return [
    ...(transport === 'utp' ? ['uTP'] : []),
    ...(encryption === 'rc4' ? ['encrypted'] : []),
    ...(encryption === 'mse-plaintext' ? ['MSE'] : []),
  ]
}

function percentOf(availability: { readonly percent: number | null } | null): string {
  const percent = availability?.percent ?? null
  return percent === null ? '' : `${Math.floor(percent)} %`
}

/** What nobody answers is worse than what somebody answers wrongly. */
function markOf({ ok, exitCode }: ScannedPeer): Mark {
  if (ok) return 'ok'
  return exitCode === 3 ? 'bad' : 'warn'
}
