import { ERROR_CODES, type ErrorCode } from '../../../base/errors.ts'
import { closeMeaning } from '../../../diagnose/close-meaning.ts'
import { isLoopback } from '../../../wire/address.ts'
import { parseClientName } from '../../../wire/peer-id/client-name.ts'
import { describePeerId } from '../../../wire/peer-id/peer-id.ts'
import { escapeByteText, escapeText } from '../../escape.ts'
import type { Conclusion } from '../../exit-code.ts'
import type { ErrorReport } from '../../model/envelope.ts'
import type {
  AttemptReport,
  ExtensionHandshakeReport,
  PeerIdReport,
  SessionReport,
} from '../../model/session.ts'
import { count } from '../quantity.ts'

/** What a verdict is made from. */
export type Concluded<R> = R & Pick<Conclusion, 'ok' | 'error'>

/** The result of a session in a few words: what went wrong, or else who the peer is and what it has. */
export function sessionVerdict(report: Concluded<SessionReport>): string {
  return failureVerdict(report) ?? describePeer(report)
}

/** What went wrong; undefined if nothing did. */
export function failureVerdict({
  ok,
  error,
  attempts,
  expectations,
}: Concluded<Pick<SessionReport, 'attempts' | 'expectations'>>): string | undefined {
  if (error === null) return undefined
  if (error.code === 'E_CHECK_FAILED') {
    const missed = expectations.filter(({ held }) => !held).length
    return missed === 0 ? error.message : `${missed} of ${count(expectations.length, 'expectation')} not met`
  }
  const refused = error.code === 'E_CONNECT_REFUSED' ? closedPort(attempts) : undefined
  const summary = refused ?? givenReason(error, attempts) ?? summaryOf(error.code)
  return ok ? `${summary}, as expected` : summary
}

/** What it means that both transports were refused. A client that answers uTP with a RESET is there. */
function closedPort(attempts: readonly AttemptReport[]): string | undefined {
  const isRefused = ['tcp', 'utp'].every((transport) =>
    attempts.some(
      (one) => one.transport === transport && one.outcome === 'refused' && one.closeKind === null,
    ),
  )
  if (!isRefused) return undefined
  // between two machines, a firewall that rejects sends the same
  return attempts.every(({ address }) => isLoopback(address ?? ''))
    ? 'refused, nothing listens there'
    : 'refused: nothing listens there, or a firewall rejects'
}

/** What the reason means that the peer gave for closing, if it is the answer. */
function givenReason({ message }: ErrorReport, attempts: readonly AttemptReport[]): string | undefined {
  const decisive = attempts.findLast((attempt) => attempt.error?.message === message)
  const meaning = closeMeaning(decisive?.closeReason?.code)
  return meaning?.isFinal === true && message.endsWith(meaning.text) ? meaning.text : undefined
}

/** Codes of a command that was stopped from outside. */
export function isStop(code: ErrorCode): boolean {
  return ERROR_CODES[code].exitCode > 128
}

/** For people. The message of the error names the signal. */
export const STOPPED_BY_YOU = 'stopped by you'

/** Below a report of a command that was stopped, when nothing else says how to go on. */
export const RUN_AGAIN = 'To go on, run the same command again.'

/** The result of a run that failed with this code. */
export function summaryOf(code: ErrorCode): string {
  return code === 'E_INTERRUPTED' ? STOPPED_BY_YOU : ERROR_CODES[code].summary
}

/** The client, what it has, and whether it serves us. */
export function describePeer(report: SessionReport): string {
  if (report.attempts.length === 0) return 'not contacted: there was nothing to request'
  // a session without a handshake is one of a capture that begins later
  if (report.handshake === null && report.session !== null)
    return 'an unknown client: its handshake is not in the capture'
  return [nameOf(report), describeAvailability(report), describeService(report)]
    .filter((part) => part !== undefined)
    .join(', ')
}

/** What the peer calls itself, and what it is instead if it cannot be that. */
function nameOf({ client, identity: { conflict, byBehaviour } }: SessionReport): string {
  const name = client ?? 'an unknown client'
  return conflict && byBehaviour !== null ? `${name} (behaves like ${byBehaviour.family})` : name
}

/** The longest name of a client that is shown, in characters. */
const MAX_CLIENT_NAME = 40

/** The client as named in the extension handshake, or else in the peer id; null without a handshake. Escaped. */
export function clientName({
  extensionHandshake,
  handshake,
}: Pick<SessionReport, 'extensionHandshake' | 'handshake'>): string | null {
  return namedClient(extensionHandshake?.client ?? null, handshake?.peerId)
}

/**
 * A client by `v` of its extension handshake, or else by its peer id. Escaped.
 * @param client null if there was no `v`
 */
export function namedClient(
  client: ExtensionHandshakeReport['client'],
  peerId: Pick<PeerIdReport, 'client' | 'version' | 'code'> | undefined,
): string | null {
  const named = typeof client === 'string' ? parseClientName(client) : undefined
  if (named !== undefined) {
    return escapeText([named.client, named.version ?? ''].join(' ').trim(), MAX_CLIENT_NAME)
  }
  if (client !== null && typeof client !== 'string') return escapeByteText(client, MAX_CLIENT_NAME)
  return peerId === undefined ? null : describePeerId(peerId)
}

/** Whether nothing came that says which pieces the peer has, not even what cannot be used. */
export function isSilentOnPieces({ messages }: Pick<SessionReport, 'messages'>): boolean {
  return ['bitfield', 'have-all', 'have-none', 'have'].every((type) => messages.received[type] === undefined)
}

function describeAvailability(report: SessionReport): string | undefined {
  const { availability } = report
  if (availability === null) return undefined
  const { have, pieceCount, source } = availability
  if (pieceCount === null && source === 'have-all') return 'has all pieces'
  if (pieceCount !== null && (source === 'have-all' || have === pieceCount)) {
    return pieceCount === 1 ? 'has the only piece' : `has all ${pieceCount} pieces`
  }
  if (source === 'none')
    return isSilentOnPieces(report) ? 'announced no pieces' : 'announced no pieces that count'
  if (have === 0) return 'claims no pieces'
  if (have === null) return undefined
  return pieceCount === null ? `has ${count(have, 'piece')}` : `has ${have} of ${count(pieceCount, 'piece')}`
}

function describeService({ choking }: SessionReport): string | undefined {
  if (choking === null) return undefined
  return choking.peerChoking ? 'chokes us' : 'unchoked'
}
