import { escapeByteText } from '../../escape.ts'
import type { ViolationReport, ServedPeerReport, ServeReport, TracedPeerReport } from '../../model/serve.ts'
import type { ServeEvent } from '../../model/serve-event.ts'
import { torrentNoteLines } from '../session/checks.ts'
import { makePage, type Page, type TextOptions } from '../page/page.ts'
import type { Paper } from '../page/paper.ts'
import { pad } from '../page/columns.ts'
import { definitionLines } from '../page/definitions.ts'
import { count, renderMs, renderSize } from '../quantity.ts'

/** An event that is printed as a line; its text is already escaped. */
export type ServeLine = Exclude<ServeEvent, { readonly type: 'progress' | 'end' }>

/** Columns of the number of a peer. */
const PEER_WIDTH = 9

const STATES = {
  interested: 'is interested in our pieces',
  'not-interested': 'is not interested any more',
  unchoked: 'unchoked: may request',
  choked: 'choked: may not request',
} as const

/** One event of `serve` as a line of text, with a newline. */
export function renderServeLine(line: ServeLine, paper: Paper): string {
  const page = makePage(paper)
  const lineOf = (peer: number, text: string) => {
    const lines = page.fold(text, page.width - PEER_WIDTH)
    return `${page.dim(pad(`peer ${peer} `, PEER_WIDTH))}${lines.join(`\n${' '.repeat(PEER_WIDTH)}`)}\n`
  }
  const ownLine = (text: string) => `${page.fold(text, page.width - 2).join('\n  ')}\n`
  switch (line.type) {
    case 'listening':
      return renderListening(line, page)
    case 'connected':
      return lineOf(line.peer, renderConnected(line))
    case 'no-peer':
      return ownLine(`${line.remote} left before a handshake: ${line.reason}`)
    case 'dial-failed':
      return ownLine(`could not connect to ${line.remote}: ${line.reason}`)
    case 'refused':
      return lineOf(line.peer, `${line.remote} refused: ${line.reason.replaceAll('-', ' ')}`)
    case 'handshake':
      return lineOf(line.peer, `handshake from ${line.client ?? 'an unknown client'}`)
    case 'interested':
    case 'not-interested':
    case 'unchoked':
    case 'choked':
      return lineOf(line.peer, STATES[line.type])
    case 'violation':
      return `${page.bad(pad(`peer ${line.peer} `, PEER_WIDTH))}${renderViolationLine(line)}\n`
    case 'note':
      return `${page.note(pad(`peer ${line.peer} `, PEER_WIDTH))}note: ${renderViolationLine(line)}\n`
    case 'lost':
      return ownLine(`${count(line.events, 'line')} omitted: the output was not read fast enough`)
    case 'closed':
      return lineOf(line.report.peer, renderClosed(line.report))
  }
}

/** One event as one line of JSON, with a newline. A violation or note also has the sentence of the text output. */
export function renderServeEvent(event: { readonly type: string }): string {
  const sentence = isJudgement(event) ? { text: renderViolationLine(event) } : {}
  return `${JSON.stringify({ ...event, ...sentence })}\n`
}

function isJudgement(event: {
  readonly type: string
}): event is { readonly type: 'violation' | 'note' } & ViolationReport {
  return event.type === 'violation' || event.type === 'note'
}

/** The summary at the end. */
export function renderServeText(report: ServeReport, options: TextOptions): string {
  const page = makePage(options)
  const { verdict, ok, error } = report
  const paint = ok ? page.good : page.bad
  const room = page.width - page.markWidth
  const peers = options.verbose ? report.peers.map((peer) => `peer ${peer.peer}  ${renderClosed(peer)}`) : []
  const lines = [
    ...page.fold(verdict, room).map((line) => paint(line)),
    ...[...(error === null ? [] : [error.message]), ...peers].flatMap((line) => page.fold(line, room)),
  ]
  return `${lines.map((line, i) => `${page.mark(i === 0 ? (ok ? 'ok' : 'bad') : 'none')}${line}`.trimEnd()).join('\n')}\n`
}

const FAULT_HELP =
  'Use --fault NAME or --fault NAME=NUMBER; repeat it to combine faults. A number in brackets, like [28], is the default. A number may end in KiB, MiB or GiB. Random faults are the same for the same --seed.'

/** Which peers a fault affects, if not all of them. */
const SEEN_BY: { readonly [phase: string]: string } = {
  encryption: ' (only peers that connect with MSE)',
  utp: ' (only peers that connect over uTP)',
}

/** What `--fault help` prints. */
export function renderFaultList(
  faults: readonly {
    readonly name: string
    readonly phase: string
    readonly description: string
    readonly argument?: { readonly unit: string; readonly default: number }
  }[],
  paper: Paper,
): string {
  const page = makePage(paper)
  const parts = [...new Set(faults.map(({ phase }) => phase))].map((phase) => {
    const entries = faults
      .filter((fault) => fault.phase === phase)
      .map(({ name, description, argument }) => {
        const shown = argument === undefined ? name : `${name}=${argument.unit.toUpperCase()}`
        const usual = argument === undefined ? '' : ` [${argument.default}]`
        return [shown, `${description}${usual}`] as const
      })
    const rows = definitionLines(entries, page)
    return [...page.fold(`${phase}${SEEN_BY[phase] ?? ''}:`, page.width), ...rows].join('\n')
  })
  return `${[page.fold(FAULT_HELP, page.width).join('\n'), ...parts].join('\n\n')}\n`
}

/** `message 3 at byte 91: bitfield of 4 bytes, torrent has 40 pieces, expected 5 (BEP 3)`, never shortened, because scripts match it. */
export function renderViolationLine({ message, offset, detail, reference }: ViolationReport): string {
  return `message ${message} at byte ${offset}: ${detail} (${reference})`
}

/** What is served and where, and the link with which a client finds it. The link is never folded, because it is copied. */
function renderListening(
  { address, torrent, faults }: Extract<ServeLine, { readonly type: 'listening' }>,
  page: Page,
): string {
  const { name, pieceCount, pieceLength, infoHashV1, infoHashV2, notes } = torrent
  const what = name === null ? '' : `${escapeByteText(name, 40)}, `
  const size = `${count(pieceCount ?? 0, 'piece')} of ${renderSize(pieceLength ?? 0)}`
  const hashes = [infoHashV1, infoHashV2].filter((hash) => hash !== null)
  const topics = [
    ...(infoHashV1 === null ? [] : [`xt=urn:btih:${infoHashV1}`]),
    ...(infoHashV2 === null ? [] : [`xt=urn:btmh:1220${infoHashV2}`]),
  ]
  return [
    ...page.fold(`serving ${what}${size}, on ${address}`, page.width),
    ...hashes.flatMap((hash) => page.fold(`info hash ${hash}`, page.width)),
    ...torrentNoteLines(notes, page),
    ...(faults.length === 0 ? [] : page.fold(`faults ${faults.join(', ')}`, page.width)),
    ...page.fold('add this to your client, or stop with Ctrl-C:', page.width),
    page.note(`magnet:?${[...topics, `x.pe=${reachable(address)}`].join('&')}`),
    '',
  ].join('\n')
}

/** An address of this machine in place of the one for all interfaces. */
function reachable(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')
}

const ENCRYPTION_TEXTS = {
  plaintext: '',
  rc4: ', encrypted with RC4',
  'mse-plaintext': ', plaintext after MSE',
} as const

function renderConnected(line: Extract<ServeLine, { readonly type: 'connected' }>): string {
  const how = renderWay(line)
  return line.dialled ? `connected to ${line.remote} over ${how}` : `${line.remote} connected over ${how}`
}

/** The transport, and how it was encrypted. */
export function renderWay({
  transport,
  encryption,
}: Pick<ServedPeerReport, 'transport' | 'encryption'>): string {
  return `${transport === 'utp' ? 'uTP' : transport}${ENCRYPTION_TEXTS[encryption]}`
}

const CLOSERS = { us: 'we closed', peer: 'it closed', network: 'the network lost the connection' } as const

/** How a connection ended, and what was served. */
export function renderClosed({
  closedBy,
  closeKind,
  uploaded,
  requests,
  refused,
  durationMs,
  error,
}: ServedPeerReport | TracedPeerReport): string {
  const who = closedBy === null ? 'it was still open' : CLOSERS[closedBy]
  const how = closedBy === 'peer' && closeKind === 'rst' ? ' with a reset' : ''
  const why = error === null ? '' : `: ${error.message}`
  const lost = refused.map(
    ({ reason, count: times, answered }) =>
      `, ${times} ${answered ? 'rejected' : 'dropped'} (${reason.replaceAll('-', ' ')})`,
  )
  return `${who}${how} after ${renderMs(durationMs)}, ${count(requests, 'request')}${lost.join('')}, ${renderSize(uploaded)} sent${why}`
}
