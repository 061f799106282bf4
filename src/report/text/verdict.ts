import { describePeerId } from '../../wire/peer-id/peer-id.ts'
import { escapeByteText } from '../escape.ts'
import type { SessionReport } from '../model/session.ts'
import { count, renderPercent } from './quantity.ts'

/** A short verdict: the client, what it has, and whether it serves us. */
export function describePeer(report: SessionReport): string {
  if (report.attempts.length === 0) return 'not contacted: there was nothing to request'
  return [clientName(report), describeAvailability(report), describeService(report)]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** The client as named in the extension handshake, or else in the peer id. */
export function clientName({ extensionHandshake, handshake }: SessionReport): string {
  const { client = null } = extensionHandshake ?? {}
  if (client !== null && client !== '') return escapeByteText(client, 40)
  return handshake === null ? 'an unknown client' : describePeerId(handshake.peerId)
}

/** Whether nothing came that says which pieces the peer has, not even what cannot be used. */
export function isSilentOnPieces({ messages }: Pick<SessionReport, 'messages'>): boolean {
  return ['bitfield', 'have-all', 'have-none', 'have'].every((type) => messages.received[type] === undefined)
}

function describeAvailability(report: SessionReport): string | undefined {
  const { availability } = report
  if (availability === null) return undefined
  const { have, pieceCount, percent, source } = availability
  if (source === 'have-all' || (have !== null && have === pieceCount)) return 'complete'
  if (source === 'none')
    return isSilentOnPieces(report) ? 'announces no pieces' : 'announces no pieces that count'
  if (have === 0) return 'has no pieces'
  if (percent !== null) return `has ${renderPercent(percent)}`
  return have === null ? undefined : `has ${count(have, 'piece')}`
}

function describeService({ choking }: SessionReport): string | undefined {
  if (choking === null) return undefined
  return choking.peerChoking ? 'chokes us' : 'lets us request'
}
