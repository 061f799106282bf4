import { ERROR_CODES } from '../base/errors.ts'
import type { Envelope, ErrorReport } from './model/envelope.ts'
import type { ExpectationReport, FindingReport } from './model/session.ts'

/** What an exit code tells a script; the same for every command. docs/exit-codes.md has a heading for each. */
export const EXIT_CODES = {
  0: 'Done, and every expectation held.',
  1: 'The peer was reached and the session went through, but a check, an expectation, or a finding of severity error failed.',
  2: 'Usage: a flag, an address, an info hash or a torrent file is wrong. Nothing was sent.',
  3: 'Not reached: the name did not resolve, the connection was refused, unreachable or timed out, or the proxy failed.',
  4: 'Reached, but no valid BitTorrent handshake: closed, reset or lost before it, silent, another protocol, another info hash, or the encryption failed.',
  5: 'The handshake was done, then the session ended early: closed, reset, or the peer broke the protocol.',
  6: 'A deadline passed while waiting: never unchoked, no block, no metadata; or the network lost the connection after the handshake.',
  7: 'Data or metadata came and failed its hash, or the metadata is no usable torrent.',
  8: 'The peer lacks what was asked: the piece is not available, the request was rejected, the extension or the metadata is not offered.',
  9: 'Local trouble: a file or an address here cannot be read, written or bound, the firewall here blocks the connection, or the disk is full.',
  70: 'A bug in peerwire. Run again with -v and report what it prints.',
  129: 'Stopped by SIGHUP: the terminal was closed. What was known by then is printed.',
  130: 'Stopped by SIGINT (Ctrl-C). What was known by then is printed.',
  143: 'Stopped by SIGTERM. What was known by then is printed.',
} as const satisfies { readonly [code: number]: string }

/** What a report comes to. */
export type Conclusion = Pick<Envelope<string>, 'ok' | 'exitCode' | 'error'>

/**
 * What happened, as an exit code: the error's own when the session failed, since codes 3 to 9 win over 1; else 1 with
 * E_CHECK_FAILED when a finding of severity `error` stands or an expectation was missed; else 0.
 *
 * A script that expects a failure says so by an expectation about `exitCode`. When all expectations hold and one of them is such,
 * the code is 0 and `error` still tells what happened. An interruption or a bug is never forgiven.
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

/** The conclusion before any expectation is looked at. */
export function sessionConclusion(error: ErrorReport | null, findings: readonly FindingReport[]): Conclusion {
  if (error !== null) return { ok: false, exitCode: ERROR_CODES[error.code].exitCode, error }
  const ids = findings.filter(({ severity }) => severity === 'error').map(({ id }) => id)
  return ids.length === 0
    ? { ok: true, exitCode: 0, error: null }
    : failedCheck(`the peer broke a rule: ${ids.join(', ')}`)
}

function expectsExitCode({ expression }: ExpectationReport): boolean {
  return /^!?exitCode(?![.\w])/.test(expression)
}

function failedCheck(message: string): Conclusion {
  return { ok: false, exitCode: 1, error: { code: 'E_CHECK_FAILED', phase: 'done', message, hint: null } }
}
