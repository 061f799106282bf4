import type { DecodeReport } from '../model/decode.ts'
import { count } from '../text/quantity.ts'
import { sessionVerdict, summaryOf } from '../text/session/verdict.ts'

/** The result in a few words: that of the session, or what the input contains. */
export function decodeVerdict(
  report: Omit<DecodeReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>,
): string {
  const { ok, error, report: session, capture, served, stream, expectations } = report
  if (session !== null) {
    const [cause] = session.causes
    // the trace of `why`: its causes come from all connections, and the session is only the last one
    if (error === null && cause !== undefined && cause.code !== 'works') return cause.text
    return sessionVerdict({ ...session, ok, error, expectations })
  }
  if (error !== null) return error.code === 'E_CHECK_FAILED' ? error.message : summaryOf(error.code)
  if (served !== null) return servedVerdict(served)
  if (stream !== null) return count(stream.items.length + stream.leftOut, 'item')
  const connections = capture?.connections ?? []
  if (connections.length === 0) return 'no TCP or uTP connection'
  const known = connections.filter(({ protocol }) => protocol === 'bittorrent').length
  return `${count(connections.length, 'connection')}, ${known} of them BitTorrent`
}

function servedVerdict({ connections, violations }: NonNullable<DecodeReport['served']>): string {
  const wrong = violations === 0 ? 'no violation' : count(violations, 'violation')
  return `a seeder with ${count(connections, 'connection')}, ${wrong}`
}
