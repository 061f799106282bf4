import { ERROR_CODES, type ErrorCode } from '../base/errors.ts'
import type { ErrorReport } from './model/envelope.ts'
import type { PeerDocument, ScanOutcome } from './model/scan.ts'
import type { Outcome } from './model/session.ts'

/** How an attempt ended. An attempt is ok even if the session then lacked something or the data was wrong. */
export function attemptOutcome(error: ErrorReport | null): Outcome {
  return error === null ? 'ok' : outcomeOf(error.code)
}

/** How it ended with one peer of a scan. */
export function scanOutcome({
  ok,
  error,
}: {
  readonly ok: boolean
  readonly error: ErrorReport | null
}): ScanOutcome {
  if (ok || error === null) return 'ok'
  if (error.code === 'E_CHECK_FAILED') return 'check-failed'
  return error.code === 'E_NOT_PROVEN' ? 'not-proven' : outcomeOf(error.code)
}

/** How long it took with one peer of a scan. */
export function totalMsOf(report: PeerDocument): number {
  return report.schema === 'peerwire.connect/1' ? report.timing.totalMs : report.totalMs
}

function outcomeOf(code: ErrorCode): Outcome {
  if (code === 'E_CONNECT_REFUSED') return 'refused'
  if (code === 'E_CONNECT_UNREACHABLE' || code === 'E_NAME_NOT_FOUND' || code === 'E_PROXY_FAILED')
    return 'unreachable'
  if (code.endsWith('TIMEOUT')) return 'timeout'
  if (code.endsWith('CLOSED')) return 'closed'
  if (code.endsWith('RESET')) return 'reset'
  if (code.endsWith('LOST')) return 'lost'
  if (code.startsWith('E_NOT_BITTORRENT')) return 'not-bittorrent'
  if (code === 'E_WRONG_INFO_HASH' || code === 'E_SELF_CONNECTION') return 'wrong-info-hash'
  if (code === 'E_ENCRYPTION_FAILED') return 'encryption-failed'
  const { exitCode } = ERROR_CODES[code]
  if (exitCode === 5) return 'protocol-error'
  return exitCode === 7 || exitCode === 8 ? 'ok' : 'local-error'
}
