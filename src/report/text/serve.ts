import type { ServeDeviationReport, ServedPeerReport, ServeReport } from '../model/serve.ts'
import type { ServeNews } from '../model/serve-event.ts'
import { torrentNoteLines } from './outcome.ts'
import { cut, fold, makePaint, pad, type TextOptions, WIDTH } from './layout.ts'
import { count, renderMs, renderSize } from './quantity.ts'

/** News that have a line of their own, with text that is already safe. */
export type ServeLine = Exclude<ServeNews, { readonly type: 'progress' | 'end' }>

const STATES = {
  interested: 'wants our pieces',
  'not-interested': 'wants nothing now',
  unchoked: 'may request',
  choked: 'may not request any more',
} as const

/** One line of what happens while serving, with a newline. */
export function renderServeLine(line: ServeLine, { color }: { readonly color: boolean }): string {
  const paint = makePaint(color)
  const tell = (peer: number, text: string) =>
    `${paint.dim(pad(`peer ${peer} `, 9))}${cut(text, WIDTH - 9)}\n`
  switch (line.type) {
    case 'listening':
      return renderListening(line)
    case 'connected':
      return tell(line.peer, renderConnected(line))
    case 'no-peer':
      return `${cut(`${line.remote} is no peer: ${line.reason}`, WIDTH)}\n`
    case 'dial-failed':
      return `${cut(`${line.remote} not reached: ${line.reason}`, WIDTH)}\n`
    case 'refused':
      return tell(line.peer, `${line.remote} turned away: ${line.reason.replaceAll('-', ' ')}`)
    case 'handshake':
      return tell(line.peer, `handshake of ${line.client ?? 'an unknown client'}`)
    case 'interested':
    case 'not-interested':
    case 'unchoked':
    case 'choked':
      return tell(line.peer, STATES[line.type])
    case 'deviation':
      return `${paint.bad(pad(`peer ${line.peer} `, 9))}${renderDeviationLine(line)}\n`
    case 'note':
      return `${paint.note(pad(`peer ${line.peer} `, 9))}note: ${renderDeviationLine(line)}\n`
    case 'lost':
      return `${count(line.events, 'line')} left out: the output was not read fast enough\n`
    case 'closed':
      return tell(line.report.peer, renderClosed(line.report))
  }
}

/** One object in one line, with a newline; a deviation or note has the sentence of the text view too. */
export function renderServeEvent(event: { readonly type: string }): string {
  const sentence = isJudgement(event) ? { text: renderDeviationLine(event) } : {}
  return `${JSON.stringify({ ...event, ...sentence })}\n`
}

function isJudgement(event: {
  readonly type: string
}): event is { readonly type: 'deviation' | 'note' } & ServeDeviationReport {
  return event.type === 'deviation' || event.type === 'note'
}

/** The summary at the end. */
export function renderServeText(report: ServeReport, { color, verbose }: TextOptions): string {
  const paint = makePaint(color)
  const { connections, uploaded, durationMs, deviations, strict, error } = report
  const what = `${count(connections, 'connection')}, ${renderSize(uploaded)} sent in ${renderMs(durationMs)}`
  const verdict = deviations === 0 ? paint.good('no deviation') : paint.bad(count(deviations, 'deviation'))
  const lines = [strict ? `${what}; ${verdict}` : what, ...(error === null ? [] : [error.message])]
  const peers = verbose ? report.peers.map((peer) => `  peer ${peer.peer}  ${renderClosed(peer)}`) : []
  return `${[...lines, ...peers].map((line) => line.trimEnd()).join('\n')}\n`
}

const FAULT_HELP = `--fault NAME or --fault NAME=NUMBER, any number of times: they add up.
[28] is the number when none is given; it may end in KiB, MiB or GiB. What is
random is the same for the same --seed.`

/** Who notices a fault that not everybody does. */
const SEEN_BY: { readonly [phase: string]: string } = {
  encryption: ' (for who connects with MSE)',
  utp: ' (for who connects over uTP)',
}

/** What `--fault help` prints. */
export function renderFaultList(
  faults: readonly {
    readonly name: string
    readonly phase: string
    readonly description: string
    readonly argument?: { readonly unit: string; readonly default: number }
  }[],
): string {
  const parts = [...new Set(faults.map(({ phase }) => phase))].map((phase) => {
    const rows = faults
      .filter((fault) => fault.phase === phase)
      .flatMap(({ name, description, argument }) => {
        const shown = argument === undefined ? name : `${name}=${argument.unit.toUpperCase()}`
        const usual = argument === undefined ? '' : ` [${argument.default}]`
        const [first = '', ...rest] = fold(`${description}${usual}`, WIDTH - 30)
        return [`  ${pad(shown, 28)}${first}`, ...rest.map((text) => `${' '.repeat(30)}${text}`)]
      })
    return [`${phase}${SEEN_BY[phase] ?? ''}:`, ...rows].join('\n')
  })
  return `${[FAULT_HELP, ...parts].join('\n\n')}\n`
}

/** `message 3 at byte 91: bitfield of 4 bytes, torrent has 40 pieces, expected 5 (BEP 3)`, never cut: scripts look for it. */
export function renderDeviationLine({ message, offset, detail, reference }: ServeDeviationReport): string {
  return `message ${message} at byte ${offset}: ${detail} (${reference})`
}

function renderListening({ address, torrent }: Extract<ServeLine, { readonly type: 'listening' }>): string {
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  const size = `${count(torrent.pieceCount ?? 0, 'piece')} of ${renderSize(torrent.pieceLength ?? 0)}`
  const notes = torrentNoteLines(torrent.notes)
  return [`serving on ${address}`, ...hashes.map((hash) => `info hash ${hash}`), size, ...notes, ''].join(
    '\n',
  )
}

const ENCRYPTION_TEXTS = {
  plaintext: '',
  rc4: ', encrypted with RC4',
  'mse-plaintext': ', plaintext behind MSE',
} as const

function renderConnected(line: Extract<ServeLine, { readonly type: 'connected' }>): string {
  const how = `${line.transport === 'utp' ? 'uTP' : line.transport}${ENCRYPTION_TEXTS[line.encryption]}`
  return line.dialled ? `reached ${line.remote} over ${how}` : `${line.remote} connected over ${how}`
}

const CLOSERS = { us: 'we closed', peer: 'it closed', network: 'the network lost it' } as const

function renderClosed({
  closedBy,
  closeKind,
  uploaded,
  requests,
  refused,
  durationMs,
  error,
}: ServedPeerReport): string {
  const who = CLOSERS[closedBy]
  const how = closedBy === 'peer' && closeKind === 'rst' ? ' with a reset' : ''
  const why = error === null ? '' : `: ${error.message}`
  const lost = refused.map(
    ({ reason, count: times, answered }) =>
      `, ${times} ${answered ? 'rejected' : 'dropped'} (${reason.replaceAll('-', ' ')})`,
  )
  return `${who}${how} after ${renderMs(durationMs)}, ${count(requests, 'request')}${lost.join('')}, ${renderSize(uploaded)} sent${why}`
}
