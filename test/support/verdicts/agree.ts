import { CLAIMS } from './claims/claims.ts'
import type { Watched } from './evidence.ts'
import { type Sentence, sentencesOf, wasConnected } from './sentences.ts'

const ROWS = CLAIMS.flatMap(({ rows }) => rows)

/** What a report and its text say that is not on record, one line each; a sentence that no row knows is one too. */
export function contradictions(watched: Watched, text: string): readonly string[] {
  const found = [...recordFaults(watched), ...sentencesOf(watched, text).flatMap(faultsOf)]
  return [...new Set(found)]
}

function faultsOf({ text, place, evidence }: Sentence): readonly string[] {
  const matching = ROWS.flatMap((row) => {
    const [, ...parts] = row.claim.exec(text) ?? []
    return row.claim.test(text) ? [{ row, parts }] : []
  })
  if (matching.length === 0) return [`${place}: no claim is registered for "${text}"`]
  return matching
    .filter(({ row, parts }) => !row.requires(evidence, parts))
    .map(({ row }) => `${place}: "${text}" needs ${row.needs}`)
}

/** The attempts and the keys of the document against the events. */
function recordFaults({ report, connections }: Watched): readonly string[] {
  const faults: string[] = []
  const recorded = connections.map(({ events }) => events.find((event) => event.type === 'closed'))
  const connected = report.attempts.filter(wasConnected)
  if (connected.length !== connections.length)
    faults.push(`attempts: ${connected.length} connections are stated, there were ${connections.length}`)
  for (const [i, { closedBy, closeKind, bytesSent, bytesReceived }] of connected.entries()) {
    const end = recorded[i]
    const stated = JSON.stringify([closedBy, closeKind, bytesSent, bytesReceived])
    const happened = JSON.stringify([end?.by ?? null, end?.kind ?? null, end?.bytesSent, end?.bytesReceived])
    if (stated !== happened) faults.push(`attempts: ${stated} is stated, ${happened} happened`)
  }
  const handshakes = connections.flatMap(({ events }) =>
    events.filter((event) => event.type === 'received' && event.what === 'handshake'),
  )
  if ((report.handshake !== null) !== handshakes.length > 0)
    faults.push(
      `handshake: ${report.handshake === null ? 'none' : 'one'} is stated, ${handshakes.length} came`,
    )
  return faults
}
