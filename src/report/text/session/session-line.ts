import type { AttemptReport, SessionReport } from '../../model/session.ts'

const TRANSPORTS = { tcp: 'TCP', utp: 'uTP' } as const

const ENCRYPTIONS = {
  plaintext: 'plaintext',
  rc4: 'RC4',
  'mse-plaintext': 'plaintext after MSE',
  unknown: 'encryption unknown (the capture begins later)',
} as const

/**
 * The transport and encryption of the session, and what happened before in the ways that failed at this place:
 * `TCP, RC4 (it closed on plaintext)`. It does not say why, because one failure does not prove a cause. Undefined
 * without a session.
 */
export function sessionLine({ session, attempts }: SessionReport): string | undefined {
  if (session === null) return undefined
  const way = `${TRANSPORTS[session.transport]}, ${ENCRYPTIONS[session.encryption ?? 'unknown']}`
  const failures = failuresAt(attempts).map((attempt) => describeFailure(attempt, session.transport))
  const before = [...new Set(failures)]
  return before.length === 0 ? way : `${way} (${before.join(', ')})`
}

/** The failed attempts before the last one, at the same address and port. */
function failuresAt(attempts: readonly AttemptReport[]): readonly AttemptReport[] {
  const last = attempts.at(-1)
  const since = attempts.findLastIndex(({ address, port }) => address !== last?.address || port !== last.port)
  return attempts.slice(since + 1, -1).filter(({ outcome }) => outcome !== 'ok')
}

/** What happened, without a cause. The transport is named if it is not that of the session. */
function describeFailure(attempt: AttemptReport, transport: AttemptReport['transport']): string {
  const { outcome, closedBy, closeKind, closeReason, encryption } = attempt
  const kind = TRANSPORTS[attempt.transport]
  if (closedBy === null) return `${kind} ${UNCONNECTED[outcome] ?? 'failed'}`
  const means = encryption === 'plaintext' ? 'plaintext' : 'MSE'
  const where = attempt.transport === transport ? means : `${means} over ${kind}`
  if (closedBy === 'network') return `${where} was lost`
  if (closedBy === 'us') return `${where} failed`
  const reason = closeReason === null ? '' : ` with reason ${closeReason.name}`
  return closeKind === 'rst' ? `${where} was reset${reason}` : `it closed on ${where}${reason}`
}

const UNCONNECTED: { readonly [outcome in AttemptReport['outcome']]?: string } = {
  refused: 'was refused',
  timeout: 'was not answered',
  unreachable: 'was unreachable',
}
