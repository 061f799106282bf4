import { escapeText } from '../escape.ts'
import type {
  AttemptReport,
  ExpectationReport,
  FindingReport,
  SessionReport,
  TimingReport,
  TorrentNoteReport,
  UtpReport,
} from '../model/session.ts'
import type { ErrorReport } from '../model/envelope.ts'
import type { Page, TextOptions } from './page/page.ts'
import { pad } from './page/columns.ts'
import type { Section } from './page/sections.ts'
import { count, renderMs } from './quantity.ts'

/** The outcome of a session: times, attempts, findings, expectations, and the error. */
export function outcomeSections(
  report: SessionReport & { readonly error: ErrorReport | null },
  page: Page,
  { verbose }: TextOptions,
): readonly Section[] {
  const { attempts, error } = report
  const failed = attempts.some(({ outcome }) => outcome !== 'ok')
  const moments = momentsOf(report.timing)
  return [
    { label: 'timing', lines: verbose ? waterfallLines(moments, page) : timingLines(moments, page) },
    { label: 'uTP', lines: report.utp === null ? [] : utpLines(report.utp, page) },
    {
      label: 'attempts',
      lines: verbose || failed || attempts.length > 1 ? attemptLines(attempts, page) : [],
    },
    { label: 'notes', lines: torrentNoteLines(report.torrent.notes, page) },
    { label: 'findings', lines: findingLines(report.findings, page) },
    { label: 'expected', lines: expectationLines(report.expectations, page, verbose) },
    {
      label: 'error',
      lines: error === null || error.code === 'E_CHECK_FAILED' ? [] : errorLines(error, attempts, page),
    },
  ]
}

const MOMENTS = [
  ['dnsMs', 'name resolved'],
  ['connectMs', 'connected'],
  ['encryptionMs', 'encrypted'],
  ['handshakeMs', 'handshake'],
  ['extensionHandshakeMs', 'extension handshake'],
  ['availabilityMs', 'availability'],
  ['interestedMs', 'interested'],
  ['unchokeMs', 'unchoke'],
  ['totalMs', 'end'],
] as const satisfies readonly (readonly [keyof TimingReport, string])[]

function timingLines(moments: readonly NamedMoment[], page: Page): readonly string[] {
  const parts = moments.map(({ name, ms }) => `${name} ${renderMs(ms)}`)
  return page.foldParts(parts)
}

const BAR_WIDTH = 32

/** Each time as a bar that starts at the one before it: where the time was spent. */
function waterfallLines(moments: readonly NamedMoment[], page: Page): readonly string[] {
  const total = Math.max(...moments.map(({ ms }) => ms), 0.001)
  let before = 0
  return moments.map(({ name, ms }) => {
    const start = Math.min(BAR_WIDTH - 1, Math.floor((before / total) * BAR_WIDTH))
    const end = Math.max(start + 1, Math.min(BAR_WIDTH, Math.ceil((ms / total) * BAR_WIDTH)))
    before = ms
    const bar = `${page.dim(page.glyphs.left.repeat(start))}${page.note(page.glyphs.done.repeat(end - start))}${page.dim(page.glyphs.left.repeat(BAR_WIDTH - end))}`
    return `${pad(name, 20)}${bar} ${renderMs(ms).padStart(11)}`
  })
}

interface NamedMoment {
  readonly name: string
  readonly ms: number
}

/** All times are relative to the start of their attempt. */
function momentsOf(timing: TimingReport): readonly NamedMoment[] {
  const { startedMs, totalMs } = timing
  const own = startedMs === 0 ? timing : { ...timing, dnsMs: null, totalMs: totalMs - startedMs }
  return MOMENTS.flatMap(([key, name]) => {
    const ms = own[key]
    return ms === null ? [] : [{ name, ms }]
  }).sort((a, b) => a.ms - b.ms)
}

function utpLines(utp: UtpReport, page: Page): readonly string[] {
  const { roundTripMs, packetsSent, packetsReceived, packetsLost, packetsResent, closeReason } = utp
  const roundTrip = roundTripMs === null ? 'not measured' : renderMs(roundTripMs)
  const lines = [
    `round trip ${roundTrip}, ${count(packetsSent, 'packet')} sent, ${packetsReceived} received, ${packetsLost} lost, ${packetsResent} retransmitted`,
    `window ${count(utp.congestionWindow, 'byte')}, the peer's ${utp.peerWindow}, packets of up to ${utp.packetPayload} and ${utp.peerPacketPayload}`,
  ]
  if (closeReason !== null)
    lines.push(`the peer gave the close reason ${closeReason.name} (${closeReason.code})`)
  return lines.flatMap((line) => page.fold(line))
}

function attemptLines(attempts: readonly AttemptReport[], page: Page): readonly string[] {
  return attempts.flatMap((attempt, i) => {
    const { transport, encryption, address, outcome, phase, bytesSent, bytesReceived, elapsedMs } = attempt
    const where = `${transport}${address === null ? '' : ` to ${address}`}, ${encryption}`
    const what = outcome === 'ok' ? 'ok' : `${outcome} in phase ${phase}`
    const bytes = isConnected(attempt)
      ? `sent ${count(bytesSent, 'byte')}, got ${bytesReceived}, ${closeWords(attempt)}`
      : 'no connection'
    const line = page.cut(`${bytes} after ${renderMs(elapsedMs)}`, page.valueWidth - page.markWidth)
    return [
      ...page.marked(outcome === 'ok' ? 'ok' : 'bad', `${i + 1}. ${where}: ${what}`),
      `${page.mark('none')}${page.dim(line)}`,
    ]
  })
}

/** Every connection ends, and somebody or something ends it. */
function isConnected({ closedBy }: AttemptReport): boolean {
  return closedBy !== null
}

function closeWords({ closedBy, closeKind }: AttemptReport): string {
  if (closedBy === 'network') return 'lost by the network'
  if (closedBy === 'us' && closeKind === null) return 'abandoned by us'
  const kind = closeKind === null ? '' : ` (${closeKind.toUpperCase()})`
  return `closed by ${closedBy === 'us' ? 'us' : 'the peer'}${kind}`
}

function findingLines(findings: readonly FindingReport[], page: Page): readonly string[] {
  return findings.flatMap(({ id, severity, title, detail, reference }) => [
    `${page.mark(SEVERITY_MARKS[severity])}${severity}  ${page.strong(id)} ${page.dim(`(${reference})`)}`,
    ...page.marked('none', `${title}: ${detail}`),
  ])
}

const SEVERITY_MARKS = { error: 'bad', warning: 'warn', info: 'note' } as const

/** Oddities of the torrent, one sentence each. */
export function torrentNoteLines(notes: readonly TorrentNoteReport[], page: Page): readonly string[] {
  return notes.flatMap(({ id, text, count: found, offset }) => {
    const place = offset === null ? '' : `${found > 1 ? 'first ' : ''}at byte ${offset}`
    const times = found > 1 ? `${found} times` : ''
    const where = [times, place].filter((part) => part !== '').join(', ')
    return page.fold(`${id}: ${text}${where === '' ? '' : ` (${where})`}`)
  })
}

function expectationLines(
  expectations: readonly ExpectationReport[],
  page: Page,
  verbose: boolean,
): readonly string[] {
  if (expectations.length === 0) return []
  const held = expectations.filter((one) => one.held).length
  const room = page.valueWidth - page.markWidth
  const misses = expectations
    .filter((one) => verbose || !one.held)
    .flatMap((one) => {
      const lines = [`${page.mark(one.held ? 'ok' : 'bad')}${page.cut(escapeText(one.expression), room)}`]
      if (one.held) return lines
      const actual = one.actual === null ? 'nothing' : JSON.stringify(one.actual)
      return [
        ...lines,
        `${page.mark('none')}expected ${page.cut(escapeText(one.expected), room - 9)}`,
        `${page.mark('none')}actual   ${page.cut(escapeText(actual), room - 9)}`,
      ]
    })
  return [`${held} of ${count(expectations.length, 'expectation')} met`, ...misses]
}

/** The failure in full: code, phase, bytes received by then, what happened, and what to try. */
export function errorLines(
  { code, phase, message, hint }: ErrorReport,
  attempts: readonly AttemptReport[],
  page: Page,
): readonly string[] {
  // when several attempts ended alike, the list of attempts has a byte count for each
  const alike = attempts.filter((attempt) => attempt.error?.code === code && attempt.phase === phase)
  const [only = attempts.at(-1), ...others] = alike
  const isOne =
    only !== undefined && others.every(({ bytesReceived }) => bytesReceived === only.bytesReceived)
  const bytes = isOne && isConnected(only) ? `, ${count(only.bytesReceived, 'byte')} received` : ''
  const place = phase === null ? '' : ` in phase ${phase}${bytes}`
  return [
    `${page.bad(code)}${page.cut(place, page.valueWidth - code.length)}`,
    ...page.fold(message),
    ...(hint === null ? [] : page.fold(`try: ${hint}`).map(page.note)),
  ]
}
