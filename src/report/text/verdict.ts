import { describePeerId } from '../../wire/peer-id/peer-id.ts'
import { escapeByteText } from '../escape.ts'
import type { AvailabilityReport, SessionReport } from '../model/session.ts'
import { count, renderPercent } from './quantity.ts'

/** Who answered and what it comes to, in a few words: the client, what it has, whether it serves us. */
export function describePeer(report: SessionReport): string {
  if (report.attempts.length === 0) return 'not contacted: there was nothing to ask of it'
  return [clientName(report), describeAvailability(report.availability), describeService(report)]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** The client by its own words, else by its peer id. */
export function clientName({ extensionHandshake, handshake }: SessionReport): string {
  const { client = null } = extensionHandshake ?? {}
  if (client !== null && client !== '') return escapeByteText(client, 40)
  return handshake === null ? 'an unknown client' : describePeerId(handshake.peerId)
}

function describeAvailability(availability: AvailabilityReport | null): string | undefined {
  if (availability === null) return undefined
  const { have, pieceCount, percent, source } = availability
  if (source === 'have-all' || (have !== null && have === pieceCount)) return 'complete'
  if (source === 'none') return 'announces no piece'
  if (source === 'have-none' || have === 0) return 'has no piece'
  if (percent !== null) return `has ${renderPercent(percent)}`
  return have === null ? undefined : `has ${count(have, 'piece')}`
}

function describeService({ choking }: SessionReport): string | undefined {
  if (choking === null) return undefined
  return choking.peerChoking ? 'chokes us' : 'lets us request'
}
