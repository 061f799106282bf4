import { escapeText, printable } from '../escape.ts'
import type { DecodedConnection } from '../model/decode.ts'
import type { Envelope } from '../model/envelope.ts'
import type { ServedPeerReport } from '../model/serve.ts'
import { connectionParts } from './connection.ts'
import { makePage, type Page } from './page/page.ts'
import type { Paper } from './page/paper.ts'
import { count, renderSize, renderTime } from './quantity.ts'

/** The members by which a document names what it is about. */
interface About {
  readonly target?: { readonly input: string }
  readonly timing?: { readonly totalMs: number }
  /** What the list of a scan calls the peer. */
  readonly label?: string | null
  readonly address?: string | null
  readonly peers?: readonly ServedPeerReport[]
  /** Of `decode`: the connections of a capture, and which of them it reports on. */
  readonly capture?: { readonly connections: readonly DecodedConnection[] } | null
  readonly connection?: number | null
}

/** A report as one line per peer, never folded: the mark, the peer, the verdict and the time. */
export function renderLines(report: Envelope<string> & About, paper: Paper): string {
  const page = makePage({ ...paper, width: Number.POSITIVE_INFINITY })
  const { ok, verdict, timing, peers = [] } = report
  const connections = report.connection === null ? (report.capture?.connections ?? []) : []
  if (connections.length > 0)
    return connections.map((connection) => connectionLine(connection, page)).join('')
  if (peers.length > 0) return peers.map((peer) => servedLine(peer, page)).join('')
  return line(ok, [subjectOf(report), report.label ?? undefined, verdict], timing?.totalMs, page)
}

/** A connection of a capture: its number, its ends, and what it is. */
function connectionLine(connection: DecodedConnection, page: Page): string {
  const { number, initiator, responder } = connection
  const ends = `${initiator} ${page.glyphs.sent} ${responder}`
  return line(true, [String(number), ends, connectionParts(connection, page).join(', ')], undefined, page)
}

/** A peer that was served: its address, its client, what it did, and how long. */
function servedLine(peer: ServedPeerReport, page: Page): string {
  const { remote, client, requests, uploaded, violationCount, error, durationMs } = peer
  const name = client === null ? 'an unknown client' : escapeText(client, 40)
  const violations = violationCount === 0 ? [] : [count(violationCount, 'violation')]
  const failed = error === null ? [] : [error.message]
  const did = [name, count(requests, 'request'), `${renderSize(uploaded)} sent`, ...violations, ...failed]
  return line(violationCount === 0, [remote, did.join(', ')], durationMs, page)
}

function line(
  ok: boolean,
  parts: readonly (string | undefined)[],
  totalMs: number | undefined,
  page: Page,
): string {
  const texts = parts.flatMap((part) => (part === undefined ? [] : page.fold(part)))
  const time = totalMs === undefined ? [] : [page.dim(renderTime(totalMs))]
  return `${page.mark(ok ? 'ok' : 'bad')}${[...texts, ...time].join('  ')}\n`
}

/** Why a command failed, as one line of a log: `peerwire: 127.0.0.1:9: refused, nothing listens there (exit 3)`. */
export function renderReason(report: Envelope<string> & About, command: string): string {
  const { verdict, exitCode } = report
  return printable(`peerwire: ${subjectOf(report) ?? command}: ${verdict} (exit ${exitCode})`) + '\n'
}

function subjectOf({ target, address, capture, connection }: About): string | undefined {
  const chosen = capture?.connections.find(({ number }) => number === connection)
  const subject = target?.input ?? address ?? chosen?.responder ?? ''
  return subject === '' ? undefined : subject
}
