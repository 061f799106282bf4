import { ERROR_CODES, type ErrorCode } from '../../../base/errors.ts'
import type { ErrorReport } from '../../model/envelope.ts'
import type { SessionReport } from '../../model/session.ts'

/** Failures whose cause further connections to the peer can find: it was not reached, or the session ended early. */
const DIAGNOSED = { from: 3, to: 6 } as const

/** Failures among them that are not about the peer. */
const NOT_OF_PEER: ReadonlySet<ErrorCode> = new Set(['E_NAME_NOT_FOUND', 'E_PROXY_FAILED'])

/** What can be pasted into a shell: a magnet link may contain any host. */
const PLAIN = /^[\w.:-]+$/

/** What needs no quotes in a shell, and is not a flag. */
const PLAIN_PATH = /^[\w./~+][\w./~+-]*$/

/**
 * The command that finds the cause of a failure; undefined if it cannot.
 * @param torrentPath of the .torrent, which has more than its hash
 */
export function whyCommand(
  {
    target: { host, port },
    torrent,
    error,
  }: Pick<SessionReport, 'target' | 'torrent'> & { readonly error: ErrorReport | null },
  torrentPath?: string,
): string | undefined {
  const hash = torrent.infoHashV1 ?? torrent.infoHashV2
  if (error === null || hash === null || host === null || port === null || !PLAIN.test(host)) return undefined
  const { exitCode } = ERROR_CODES[error.code]
  if (exitCode < DIAGNOSED.from || exitCode > DIAGNOSED.to || NOT_OF_PEER.has(error.code)) return undefined
  const named = torrentPath !== undefined && PLAIN_PATH.test(torrentPath) ? `-t ${torrentPath}` : `-i ${hash}`
  return `peerwire why ${host.includes(':') ? `[${host}]` : host}:${port} ${named}`
}
