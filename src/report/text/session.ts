import { describePeerId } from '../../wire/peer-id/peer-id.ts'
import { escapeByteText } from '../escape.ts'
import type { AvailabilityReport, ChokingReport, SessionReport } from '../model/session.ts'
import { behaviourLines } from './behaviour.ts'
import { renderExtensionTable } from './extension-table.ts'
import type { Page, TextOptions } from './page/page.ts'
import type { Section } from './page/sections.ts'
import { renderPieceMap } from './piece-map.ts'
import { count, renderPercent, renderSize } from './quantity.ts'
import { sessionLine } from './session-line.ts'
import { isSilentOnPieces } from './verdict.ts'

/** What the peer announced about itself and the torrent, in sections. A section is empty when nothing was received for it. */
export function sessionSections(
  report: SessionReport,
  page: Page,
  { verbose }: TextOptions,
): readonly Section[] {
  return [
    { label: 'session', lines: page.fold(sessionLine(report) ?? '') },
    { label: 'torrent', lines: torrentLines(report, page) },
    { label: 'identity', lines: identityLines(report, page) },
    { label: 'behaviour', lines: verbose ? behaviourLines(report, page) : [] },
    { label: 'handshake', lines: handshakeLines(report, page) },
    { label: 'extensions', lines: extensionLines(report, page) },
    { label: 'availability', lines: availabilityLines(report, page) },
    { label: 'choking', lines: report.choking === null ? [] : chokingLines(report.choking, page) },
    { label: 'fast', lines: fastLines(report, page) },
    {
      label: 'dht',
      lines: report.dhtPort === null ? [] : [`its DHT node listens on UDP port ${report.dhtPort}`],
    },
  ]
}

function torrentLines({ torrent }: SessionReport, page: Page): readonly string[] {
  const { name, infoHashV1, infoHashV2, pieceCount, pieceLength } = torrent
  const lines: string[] = []
  if (name !== null) lines.push(page.cut(escapeByteText(name)))
  if (infoHashV1 !== null) lines.push(`${page.dim('v1')} ${infoHashV1}`)
  if (infoHashV2 !== null) lines.push(`${page.dim('v2')} ${page.cut(infoHashV2, page.valueWidth - 3)}`)
  if (pieceCount !== null) {
    const each = pieceLength === null ? '' : ` of ${renderSize(pieceLength)}`
    lines.push(`${count(pieceCount, 'piece')}${each}`)
  }
  return lines
}

function identityLines({ handshake, extensionHandshake }: SessionReport, page: Page): readonly string[] {
  if (handshake === null) return []
  const { text, style } = handshake.peerId
  const how = style === 'unknown' ? 'unknown style' : `${style} style`
  const lines = page
    .fold(`peer id ${text}`)
    .concat(page.fold(`${describePeerId(handshake.peerId)}, by the peer id (${how})`))
  const said = extensionHandshake?.client ?? null
  if (said === null) return lines
  return [...page.fold(`${escapeByteText(said, 120)}, by its extension handshake`), ...lines]
}

function handshakeLines({ handshake, torrent }: SessionReport, page: Page): readonly string[] {
  if (handshake === null) return []
  const bits = handshake.features.length === 0 ? 'no bits set' : handshake.features.join(', ')
  const reserved = handshake.reserved.replace(/(..)(?!$)/g, '$1 ')
  const lines = [...page.fold(bits), `${page.dim('reserved')} ${reserved}`]
  if (handshake.infoHash !== torrent.infoHashV1) lines.push(`${page.dim('info hash')} ${handshake.infoHash}`)
  return lines
}

function extensionLines(
  { extensionHandshake, handshake, messages, findings }: SessionReport,
  page: Page,
): readonly string[] {
  if (extensionHandshake !== null) return renderExtensionTable(extensionHandshake, page)
  if (handshake === null) return []
  if (!handshake.features.includes('extension-protocol')) {
    return ['it does not support the extension protocol (BEP 10)']
  }
  const unreadable = findings.find(({ id }) => id === 'extension-handshake-malformed')
  if (unreadable !== undefined) return page.fold(`it cannot be decoded: ${unreadable.detail}`)
  return messages.sent['extended'] === undefined
    ? ['it supports the extension protocol (BEP 10), which we did not use']
    : ['it set the bit but did not send an extension handshake']
}

function availabilityLines(report: SessionReport, page: Page): readonly string[] {
  const { availability } = report
  if (availability === null) return []
  const map = renderPieceMap(availability, page)
  const lines = [describePieces(availability, isSilentOnPieces(report))]
  if (map !== undefined) lines.push(page.good(map))
  return lines
}

function describePieces(
  { source, have, pieceCount, percent }: AvailabilityReport,
  isSilent: boolean,
): string {
  const nothing = isSilent ? 'nothing announced' : 'what it announced does not count'
  const said = source === 'none' ? nothing : `by ${source}`
  if (have === null) {
    if (pieceCount !== null) return `unknown: its ${source} does not fit ${count(pieceCount, 'piece')}`
    const all = source === 'have-all' ? 'all pieces' : source === 'have-none' ? 'no pieces' : 'unknown'
    return `${all} (${said}); the piece count is unknown`
  }
  const total = pieceCount === null ? count(have, 'piece') : `${have} of ${count(pieceCount, 'piece')}`
  return percent === null ? `${total} (${said})` : `${total}, ${renderPercent(percent)} (${said})`
}

/** Both directions as sentences, which are easier to read than four booleans. */
export function chokingLines(choking: ChokingReport, page: Page): readonly string[] {
  const { amChoking, amInterested, peerChoking, peerInterested } = choking
  const toUs = peerChoking
    ? `The peer chokes us: it does not serve requests${amInterested ? '.' : '. We did not send interested.'}`
    : 'The peer does not choke us: it accepts requests.'
  const fromIt = peerInterested ? 'It is interested in our pieces' : 'It is not interested in our pieces'
  const ours = amChoking ? 'we choke it' : 'we do not choke it'
  return [...page.fold(toUs), ...page.fold(`${fromIt}; ${ours}.`)]
}

function fastLines({ fast }: SessionReport, page: Page): readonly string[] {
  if (fast === null) return []
  const lines: string[] = []
  if (fast.allowedFast.length > 0) {
    lines.push(`while choked we may request ${count(fast.allowedFast.length, 'piece')}:`)
    lines.push(...page.fold(fast.allowedFast.slice(0, 30).join(', ')))
  }
  if (fast.suggested.length > 0) {
    lines.push(...page.fold(`it suggests ${fast.suggested.slice(0, 30).join(', ')}`))
  }
  return lines
}
