import { ERROR_CODES } from '../base/errors.ts'
import type { Envelope, ErrorReport } from './model/envelope.ts'
import type { ExpectationReport, FindingReport } from './model/session.ts'

/** The meaning of each exit code, the same for every command. docs/exit-codes.md has a heading for each. */
export const EXIT_CODES = {
  0: 'Success: the command completed, and every expectation was met.',
  1: 'The session completed, but a check failed, an expectation was not met, or there is a finding of severity error.',
  2: 'Usage: a flag, an address, an info hash or a torrent file is invalid. Nothing was sent.',
  3: 'Not connected: the name did not resolve, the connection was refused or timed out, the address was unreachable, or the proxy failed.',
  4: 'Connected, but without a valid BitTorrent handshake: the connection was closed, reset or lost first, the peer was silent, or it sent another protocol or info hash, or the encryption failed.',
  5: 'The session ended early, after the handshake: the connection was closed or reset, or the peer violated the protocol.',
  6: 'Timed out while waiting for an unchoke, a block, metadata or hashes, or the network lost the connection after the handshake.',
  7: 'Data or metadata did not match its hash, or the metadata is not a valid torrent.',
  8: 'Not available: the peer does not have the piece, rejected the request, or does not offer the extension or the metadata.',
  9: 'Local error: a file cannot be read or written, an address cannot be bound, the local firewall blocks the connection, or the disk is full.',
  70: 'A bug in peerwire. Run again with -v and report the output.',
  129: 'Stopped by SIGHUP: the terminal was closed. The report contains everything known up to that point.',
  130: 'Stopped by SIGINT (Ctrl-C). The report contains everything known up to that point.',
  143: 'Stopped by SIGTERM. The report contains everything known up to that point.',
} as const satisfies { readonly [code: number]: string }

/** The same in a few words, without the codes of bugs and signals. */
export const EXIT_SUMMARIES = {
  0: 'success',
  1: 'a check failed',
  2: 'wrong usage',
  3: 'not reached',
  4: 'no BitTorrent handshake',
  5: 'ended early',
  6: 'timed out',
  7: 'wrong data',
  8: 'not available',
  9: 'local error',
} as const satisfies { readonly [code in keyof typeof EXIT_CODES]?: string }

/** The result of a report. */
export type Conclusion = Pick<Envelope<string>, 'ok' | 'exitCode' | 'error'>

/**
 * The exit code of a report. If the session failed, it is the code of the error (codes 3 to 9 take precedence over 1). Otherwise
 * it is 1 with E_CHECK_FAILED if there is a finding of severity `error` or an expectation was not met, else 0.
 *
 * A script that expects a failure uses an expectation about `exitCode`. When all expectations are met and one of them is about
 * `exitCode`, the code is 0 and `error` still describes the failure. This never hides an interruption or a bug.
 */
export function concludeReport(
  error: ErrorReport | null,
  findings: readonly FindingReport[],
  expectations: readonly ExpectationReport[] = [],
): Conclusion {
  const happened = sessionConclusion(error, findings)
  const missed = expectations.filter(({ held }) => !held)
  if (missed.length === 0) {
    const forgiven = happened.exitCode < 70 && expectations.some(expectsExitCode)
    return forgiven ? { ...happened, ok: true, exitCode: 0 } : happened
  }
  if (happened.exitCode !== 0) return happened
  const many = missed.length === 1 ? 'an expectation was' : `${missed.length} expectations were`
  return failedCheck(`${many} not met: ${missed.map(({ expression }) => expression).join(', ')}`)
}

/** The conclusion without the expectations. */
export function sessionConclusion(error: ErrorReport | null, findings: readonly FindingReport[]): Conclusion {
  if (error !== null) return { ok: false, exitCode: ERROR_CODES[error.code].exitCode, error }
  const ids = findings.filter(({ severity }) => severity === 'error').map(({ id }) => id)
  return ids.length === 0
    ? { ok: true, exitCode: 0, error: null }
    : failedCheck(`the peer violated the protocol: ${ids.join(', ')}`)
}

function expectsExitCode({ expression }: ExpectationReport): boolean {
  return /^!?exitCode(?![.\w])/.test(expression)
}

function failedCheck(message: string): Conclusion {
  return { ok: false, exitCode: 1, error: { code: 'E_CHECK_FAILED', phase: 'done', message, hint: null } }
}
