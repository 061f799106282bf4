import { PeerError } from '../../base/errors.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { SessionReport } from '../../report/model/session.ts'

/** The error with which the session of a report ended. */
export function errorOfReport(report: SessionReport | null): PeerError | undefined {
  return peerError(report?.attempts.at(-1)?.error ?? null)
}

/** The error that was reported. */
export function peerError(error: ErrorReport | null): PeerError | undefined {
  if (error === null) return undefined
  const { code, message, phase, hint } = error
  return new PeerError(code, message, { phase: phase ?? undefined, hint: hint ?? undefined })
}
