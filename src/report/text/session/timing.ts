import type { TimingReport, UtpReport } from '../../model/session.ts'
import { pad } from '../page/columns.ts'
import type { Page } from '../page/page.ts'
import { count, renderMs } from '../quantity.ts'

/** The moments of a session, their names, and their short names in a line of a few of them. */
const MOMENTS = [
  ['dnsMs', 'name resolved', undefined],
  ['connectMs', 'connected', 'connected'],
  ['encryptionMs', 'encrypted', 'encrypted'],
  ['handshakeMs', 'handshake', 'handshake'],
  ['extensionHandshakeMs', 'extension handshake', undefined],
  ['availabilityMs', 'availability', 'availability'],
  ['interestedMs', 'interested', undefined],
  ['unchokeMs', 'unchoke', 'unchoke'],
  ['totalMs', 'end', 'end'],
] as const satisfies readonly (readonly [keyof TimingReport, string, string | undefined])[]

interface Moment {
  readonly name: string
  readonly short: string | undefined
  readonly ms: number
}

export function timingLines(timing: TimingReport, page: Page): readonly string[] {
  const parts = momentsOf(timing).flatMap(({ short, ms }) =>
    short === undefined ? [] : [`${short} ${renderMs(ms)}`],
  )
  return page.foldParts(parts)
}

/** Columns of the longest name, and of a time. */
const NAME_WIDTH = 20
const TIME_WIDTH = 12

/** Each time as a bar that starts at the one before it: where the time was spent. */
export function waterfallLines(timing: TimingReport, page: Page): readonly string[] {
  const moments = momentsOf(timing)
  const total = Math.max(...moments.map(({ ms }) => ms), 0.001)
  const width = Math.min(32, page.valueWidth - NAME_WIDTH - TIME_WIDTH)
  const { left, done } = page.glyphs
  let before = 0
  return moments.map(({ name, ms }) => {
    const time = renderMs(ms).padStart(TIME_WIDTH)
    if (width < 8) return `${pad(name, NAME_WIDTH)}${time}`
    const start = Math.min(width - 1, Math.floor((before / total) * width))
    const end = Math.max(start + 1, Math.min(width, Math.ceil((ms / total) * width)))
    before = ms
    const bar = [
      page.dim(left.repeat(start)),
      page.note(done.repeat(end - start)),
      page.dim(left.repeat(width - end)),
    ].join('')
    return `${pad(name, NAME_WIDTH)}${bar}${time}`
  })
}

/** All times are relative to the start of their attempt. */
function momentsOf(timing: TimingReport): readonly Moment[] {
  const { startedMs, totalMs } = timing
  const own = startedMs === 0 ? timing : { ...timing, dnsMs: null, totalMs: totalMs - startedMs }
  return MOMENTS.flatMap(([key, name, short]) => {
    const ms = own[key]
    return ms === null ? [] : [{ name, short, ms }]
  }).sort((a, b) => a.ms - b.ms)
}

/** The round trip and the packets of a uTP connection; with `all`, its windows and why it was closed. */
export function utpLines(utp: UtpReport, page: Page, all: boolean): readonly string[] {
  const { roundTripMs, packetsSent, packetsReceived, packetsLost, packetsResent, closeReason } = utp
  const roundTrip = roundTripMs === null ? 'not measured' : renderMs(roundTripMs)
  const lines = [
    `round trip ${roundTrip}, ${count(packetsSent, 'packet')} sent, ${packetsReceived} received, ${packetsLost} lost, ${packetsResent} retransmitted`,
  ]
  if (all)
    lines.push(
      `window ${count(utp.congestionWindow, 'byte')}, the peer's ${utp.peerWindow}, packets of up to ${utp.packetPayload} and ${utp.peerPacketPayload}`,
    )
  if (closeReason !== null)
    lines.push(`the peer gave the close reason ${closeReason.name} (${closeReason.code})`)
  return lines.flatMap((line) => page.fold(line))
}
