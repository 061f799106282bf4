import { describePeerId } from '../../../wire/peer-id/peer-id.ts'
import { escapeByteText, escapeText } from '../../escape.ts'
import type { AvailabilityReport, ChokingReport, SessionReport } from '../../model/session.ts'
import { behaviourLines } from './behaviour.ts'
import { renderExtensionTable } from './extension-table.ts'
import type { Page } from '../page/page.ts'
import type { Section } from '../page/sections.ts'
import { renderPieceMap } from './piece-map.ts'
import { count, renderPercent, renderSize } from '../quantity.ts'
import { sessionLine } from './session-line.ts'
import { isSilentOnPieces } from './verdict.ts'

/** What the peer announced about itself and the torrent, in sections. A section is empty when nothing was received for it. */
export function sessionSections(report: SessionReport, page: Page): readonly Section[] {
  return [
    { label: 'session', lines: page.fold(sessionLine(report) ?? '') },
    { label: 'torrent', lines: torrentLines(report, page) },
    { label: 'identity', lines: identityLines(report, page) },
    { label: 'behaviour', lines: describeBehaviour(report, page) },
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

/** The same briefly, of a session that went well. */
export function briefSessionSections(report: SessionReport, page: Page): readonly Section[] {
  const { handshake, choking, target } = report
  const way = sessionLine(report)
  const address = target.address === null || target.address === target.host ? '' : `, to ${target.address}`
  const features =
    handshake?.features.map((feature) => FEATURES[feature] ?? feature.replaceAll('-', ' ')) ?? []
  return [
    { label: 'session', lines: way === undefined ? [] : page.fold(`${way}${address}`) },
    {
      label: 'handshake',
      lines: handshake === null ? [] : page.foldParts(features.length === 0 ? ['no bits set'] : features),
    },
    { label: 'extensions', lines: briefExtensionLines(report, page) },
    { label: 'availability', lines: availabilityLines(report, page) },
    { label: 'choking', lines: choking === null ? [] : page.fold(toUsSentence(choking)) },
  ]
}

const FEATURES: { readonly [feature: string]: string } = { dht: 'DHT' }

/** How many lines the names of the extensions take; the peer controls how many there are. */
const MAX_EXTENSION_LINES = 3

function briefExtensionLines(report: SessionReport, page: Page): readonly string[] {
  const { extensionHandshake } = report
  if (extensionHandshake === null) return extensionLines(report, page)
  const { extensions, reqq, metadataSize, uploadOnly } = extensionHandshake
  const names = Object.entries(extensions).flatMap(([name, id]) => (id === 0 ? [] : [escapeText(name, 40)]))
  const facts = [
    ...(reqq === null ? [] : [`queues ${count(reqq, 'request')}`]),
    ...(metadataSize === null ? [] : [`metadata ${renderSize(metadataSize)}`]),
    ...(uploadOnly === true ? ['upload only'] : []),
  ]
  return [...page.fold(names.join(' ')).slice(0, MAX_EXTENSION_LINES), ...page.foldParts(facts)]
}

function torrentLines({ torrent }: SessionReport, page: Page): readonly string[] {
  const { name, infoHashV1, infoHashV2, pieceCount, pieceLength } = torrent
  const lines: string[] = []
  if (name !== null) lines.push(page.cut(escapeByteText(name)))
  if (infoHashV1 !== null) lines.push(...page.fold(`v1 ${infoHashV1}`))
  if (infoHashV2 !== null) lines.push(...page.fold(`v2 ${infoHashV2}`))
  if (pieceCount !== null) {
    const each = pieceLength === null ? '' : ` of ${renderSize(pieceLength)}`
    lines.push(`${count(pieceCount, 'piece')}${each}`)
  }
  return lines
}

function describeBehaviour({ identity, handshake }: SessionReport, page: Page): readonly string[] {
  const { byBehaviour } = identity
  if (byBehaviour !== null) return behaviourLines(byBehaviour, page)
  return handshake === null ? [] : page.fold('it does not identify the client')
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
  if (handshake.infoHash !== torrent.infoHashV1) lines.push(...page.fold(`info hash ${handshake.infoHash}`))
  return lines
}

function extensionLines(
  { extensionHandshake, handshake, messages, findings }: SessionReport,
  page: Page,
): readonly string[] {
  if (extensionHandshake !== null) return renderExtensionTable(extensionHandshake, page)
  if (handshake === null) return []
  if (!handshake.features.includes('extension-protocol')) {
    return page.fold('it does not support the extension protocol (BEP 10)')
  }
  const unreadable = findings.find(({ id }) => id === 'extension-handshake-malformed')
  if (unreadable !== undefined) return page.fold(`it cannot be decoded: ${unreadable.detail}`)
  return messages.sent['extended'] === undefined
    ? page.fold('it supports the extension protocol (BEP 10), which we did not use')
    : page.fold('it set the bit but did not send an extension handshake')
}

function availabilityLines(report: SessionReport, page: Page): readonly string[] {
  const { availability } = report
  if (availability === null) return []
  const map = renderPieceMap(availability, page)
  const lines = [...page.fold(describePieces(availability, isSilentOnPieces(report)))]
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
function chokingLines(choking: ChokingReport, page: Page): readonly string[] {
  const { amChoking, peerInterested } = choking
  const fromIt = peerInterested ? 'It is interested in our pieces' : 'It is not interested in our pieces'
  const ours = amChoking ? 'we choke it' : 'we do not choke it'
  return [...page.fold(toUsSentence(choking)), ...page.fold(`${fromIt}; ${ours}.`)]
}

function toUsSentence({ amInterested, peerChoking }: ChokingReport): string {
  return peerChoking
    ? `The peer chokes us: it does not serve requests${amInterested ? '.' : '. We did not send interested.'}`
    : 'The peer does not choke us: it accepts requests.'
}

function fastLines({ fast }: SessionReport, page: Page): readonly string[] {
  if (fast === null) return []
  const lines: string[] = []
  if (fast.allowedFast.length > 0) {
    lines.push(...page.fold(`while choked we may request ${count(fast.allowedFast.length, 'piece')}:`))
    lines.push(...page.fold(fast.allowedFast.slice(0, 30).join(', ')))
  }
  if (fast.suggested.length > 0) {
    lines.push(...page.fold(`it suggests ${fast.suggested.slice(0, 30).join(', ')}`))
  }
  return lines
}
