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
import { cut, fold, pad, type Paint, type Section, type TextOptions, VALUE_WIDTH } from './layout.ts'
import { count, renderMs } from './quantity.ts'

/** The outcome of a session: times, attempts, findings, expectations, and the error. */
export function outcomeSections(
  report: SessionReport & { readonly error: ErrorReport | null },
  paint: Paint,
  { verbose }: TextOptions,
): readonly Section[] {
  const { attempts, error } = report
  const failed = attempts.some(({ outcome }) => outcome !== 'ok')
  const moments = momentsOf(report.timing)
  return [
    { label: 'timing', lines: verbose ? waterfallLines(moments, paint) : timingLines(moments) },
    { label: 'uTP', lines: report.utp === null ? [] : utpLines(report.utp) },
    {
      label: 'attempts',
      lines: verbose || failed || attempts.length > 1 ? attemptLines(attempts, paint) : [],
    },
    { label: 'notes', lines: torrentNoteLines(report.torrent.notes) },
    { label: 'findings', lines: findingLines(report.findings, paint) },
    { label: 'expected', lines: expectationLines(report.expectations, paint, verbose) },
    {
      label: 'error',
      lines: error === null || error.code === 'E_CHECK_FAILED' ? [] : errorLines(error, attempts, paint),
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

function timingLines(moments: readonly NamedMoment[]): readonly string[] {
  const parts = moments.map(({ name, ms }) => `${name} ${renderMs(ms)}`)
  // a placeholder for the space keeps each time on the line of its name
  return fold(parts.map((part) => part.replaceAll(' ', '\u00a7')).join(', '), VALUE_WIDTH).map((line) =>
    line.replaceAll('\u00a7', ' '),
  )
}

const BAR_WIDTH = 32

/** Each time as a bar that starts at the one before it: where the time was spent. */
function waterfallLines(moments: readonly NamedMoment[], paint: Paint): readonly string[] {
  const total = Math.max(...moments.map(({ ms }) => ms), 0.001)
  let before = 0
  return moments.map(({ name, ms }) => {
    const start = Math.min(BAR_WIDTH - 1, Math.floor((before / total) * BAR_WIDTH))
    const end = Math.max(start + 1, Math.min(BAR_WIDTH, Math.ceil((ms / total) * BAR_WIDTH)))
    before = ms
    const bar = `${paint.dim('·'.repeat(start))}${paint.note('━'.repeat(end - start))}${paint.dim('·'.repeat(BAR_WIDTH - end))}`
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

function utpLines(utp: UtpReport): readonly string[] {
  const { roundTripMs, packetsSent, packetsReceived, packetsLost, packetsResent, closeReason } = utp
  const roundTrip = roundTripMs === null ? 'not measured' : renderMs(roundTripMs)
  const lines = [
    `round trip ${roundTrip}, ${count(packetsSent, 'packet')} sent, ${packetsReceived} received, ${packetsLost} lost, ${packetsResent} retransmitted`,
    `window ${count(utp.congestionWindow, 'byte')}, the peer's ${utp.peerWindow}, packets of up to ${utp.packetPayload} and ${utp.peerPacketPayload}`,
  ]
  if (closeReason !== null)
    lines.push(`the peer gave the close reason ${closeReason.name} (${closeReason.code})`)
  return lines.flatMap((line) => fold(line, VALUE_WIDTH))
}

function attemptLines(attempts: readonly AttemptReport[], paint: Paint): readonly string[] {
  return attempts.flatMap((attempt, i) => {
    const { transport, encryption, address, outcome, phase, bytesSent, bytesReceived, elapsedMs } = attempt
    const mark = outcome === 'ok' ? paint.good('✓') : paint.bad('✗')
    const where = `${transport}${address === null ? '' : ` to ${address}`}, ${encryption}`
    const what = outcome === 'ok' ? 'ok' : `${outcome} in phase ${phase}`
    const bytes = isConnected(attempt)
      ? `sent ${count(bytesSent, 'byte')}, got ${bytesReceived}, ${closeWords(attempt)}`
      : 'no connection'
    const [first = '', ...more] = fold(`${i + 1}. ${where}: ${what}`, VALUE_WIDTH - 2)
    return [
      `${mark} ${first}`,
      ...more.map((line) => `  ${line}`),
      `  ${paint.dim(cut(`${bytes} after ${renderMs(elapsedMs)}`, VALUE_WIDTH - 2))}`,
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

function findingLines(findings: readonly FindingReport[], paint: Paint): readonly string[] {
  const marks = { error: paint.bad('✗ error'), warning: paint.warn('! warning'), info: paint.note('i info') }
  return findings.flatMap(({ id, severity, title, detail, reference }) => [
    `${marks[severity]}  ${paint.strong(id)} ${paint.dim(`(${reference})`)}`,
    ...fold(`${title}: ${detail}`, VALUE_WIDTH - 2).map((line) => `  ${line}`),
  ])
}

/** Oddities of the torrent, one sentence each. */
export function torrentNoteLines(notes: readonly TorrentNoteReport[]): readonly string[] {
  return notes.flatMap(({ id, text, count: found, offset }) => {
    const place = offset === null ? '' : `${found > 1 ? 'first ' : ''}at byte ${offset}`
    const times = found > 1 ? `${found} times` : ''
    const where = [times, place].filter((part) => part !== '').join(', ')
    return fold(`${id}: ${text}${where === '' ? '' : ` (${where})`}`, VALUE_WIDTH)
  })
}

function expectationLines(
  expectations: readonly ExpectationReport[],
  paint: Paint,
  verbose: boolean,
): readonly string[] {
  if (expectations.length === 0) return []
  const held = expectations.filter((one) => one.held).length
  const misses = expectations
    .filter((one) => verbose || !one.held)
    .flatMap((one) => {
      const mark = one.held ? paint.good('✓') : paint.bad('✗')
      const lines = [`${mark} ${cut(escapeText(one.expression), VALUE_WIDTH - 2)}`]
      if (one.held) return lines
      const actual = one.actual === null ? 'nothing' : JSON.stringify(one.actual)
      return [
        ...lines,
        `  expected ${cut(escapeText(one.expected), VALUE_WIDTH - 12)}`,
        `  actual   ${cut(escapeText(actual), VALUE_WIDTH - 12)}`,
      ]
    })
  return [`${held} of ${count(expectations.length, 'expectation')} met`, ...misses]
}

/** The failure in full: code, phase, bytes received by then, what happened, and what to try. */
export function errorLines(
  { code, phase, message, hint }: ErrorReport,
  attempts: readonly AttemptReport[],
  paint: Paint,
): readonly string[] {
  // when several attempts ended alike, the list of attempts has a byte count for each
  const alike = attempts.filter((attempt) => attempt.error?.code === code && attempt.phase === phase)
  const [only = attempts.at(-1), ...others] = alike
  const isOne =
    only !== undefined && others.every(({ bytesReceived }) => bytesReceived === only.bytesReceived)
  const bytes = isOne && isConnected(only) ? `, ${count(only.bytesReceived, 'byte')} received` : ''
  const place = phase === null ? '' : ` in phase ${phase}${bytes}`
  return [
    `${paint.bad(code)}${cut(place, VALUE_WIDTH - code.length)}`,
    ...fold(message, VALUE_WIDTH),
    ...(hint === null ? [] : fold(`try: ${hint}`, VALUE_WIDTH).map(paint.note)),
  ]
}
