import type { TraceEvent } from '../trace/event.ts'
import type { Finding } from './finding.ts'
import { FINDINGS, type FindingId } from './findings.ts'
import { type Conversation, type DiagnosisContext, happened, type Observation, type Rule } from './rule.ts'
import { availabilityRules } from './rules/availability.ts'
import { chokingRules } from './rules/choking.ts'
import { closeRules } from './rules/close.ts'
import { extensionContentRules } from './rules/extension-contents.ts'
import { extensionRules } from './rules/extensions.ts'
import { fastRules } from './rules/fast.ts'
import { floodRules } from './rules/flood.ts'
import { handshakeRules } from './rules/handshake.ts'
import { messageRules } from './rules/messages.ts'
import { requestRules } from './rules/requests.ts'
import { suspensionRules } from './rules/suspension.ts'
import { utpRules } from './rules/utp.ts'

const RULES: readonly Rule[] = [
  ...handshakeRules,
  ...messageRules,
  ...availabilityRules,
  ...fastRules,
  ...extensionRules,
  ...extensionContentRules,
  ...chokingRules,
  ...requestRules,
  ...floodRules,
  ...closeRules,
  ...utpRules,
  ...suspensionRules,
]

const SEVERITIES = ['error', 'warning', 'info']

/**
 * What a trace shows about the peer, worst first. Each finding stands once: its detail is the first time, and how often there
 * was more. Only the last connection of the trace is looked at, since nothing is known across connections.
 */
export function diagnose(trace: readonly TraceEvent[], context: DiagnosisContext = {}): Finding[] {
  const conversation = readConversation(trace, context)
  const seen = new Map<FindingId, { first: Observation; count: number }>()
  for (const rule of RULES) {
    for (const observation of rule(conversation)) {
      const known = seen.get(observation.id)
      if (known === undefined) seen.set(observation.id, { first: observation, count: 1 })
      else known.count++
    }
  }
  return Array.from(seen, ([id, { first, count }]) => describe(id, first, count)).sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  )
}

function describe(id: FindingId, { detail, reference }: Observation, count: number): Finding {
  const { severity, title, reference: usual } = FINDINGS[id]
  const more = count === 1 ? '' : `; and ${count - 1} more`
  return { id, severity, title, detail: `${detail}${more}`, reference: reference ?? usual }
}

function readConversation(trace: readonly TraceEvent[], context: DiagnosisContext): Conversation {
  const start = trace.findLastIndex(({ type }) => type === 'connected')
  const events = trace.slice(Math.max(0, start))
  const handshakeOf = (direction: 'sent' | 'received') => {
    for (const event of events) {
      if (event.type === direction && event.what === 'handshake') return event.handshake
    }
    return undefined
  }
  const ours = handshakeOf('sent')
  const theirs = handshakeOf('received')
  const both = (feature: 'fast' | 'extension-protocol') =>
    ours?.features.includes(feature) === true && theirs?.features.includes(feature) === true
  return {
    ...happened(events),
    ours,
    theirs,
    fast: both('fast'),
    extensions: both('extension-protocol'),
    context,
  }
}
