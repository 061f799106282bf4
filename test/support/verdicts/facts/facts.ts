import type { FoundCause } from '../../../../src/diagnose/cause/decide.ts'
import { describeFact } from '../../../../src/diagnose/cause/facts.ts'
import type { Observation } from '../../../../src/diagnose/cause/observation.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { probesOf } from '../probe-events.ts'
import type { FactClaim } from './claim.ts'
import { COMPARISON_CLAIMS, ENCRYPTION_CLAIMS, REFUSAL_CLAIMS } from './refusal.ts'
import { SESSION_CLAIMS } from './session.ts'
import { SERVICE_CLAIMS, SILENCE_CLAIMS, WAY_CLAIMS } from './way.ts'

/** Everything that `why` gives as evidence, and what must be on record before it may. */
export const FACT_CLAIMS: readonly FactClaim[] = [
  ...WAY_CLAIMS,
  ...SERVICE_CLAIMS,
  ...SILENCE_CLAIMS,
  ...REFUSAL_CLAIMS,
  ...ENCRYPTION_CLAIMS,
  ...COMPARISON_CLAIMS,
  ...SESSION_CLAIMS,
]

/** What was said of a probe. */
export interface ShownFact {
  /** The number of the probe. */
  readonly probe: number
  readonly text: string
}

/** The evidence of causes, in words. */
export function shownBy(
  causes: readonly FoundCause[],
  observations: readonly Observation[],
): readonly ShownFact[] {
  return causes.flatMap(({ evidence }) =>
    evidence.map(({ probe, fact }) => ({
      probe,
      text: describeFact(
        fact,
        observations.find(({ number }) => number === probe),
      ),
    })),
  )
}

/**
 * What is said of probes and is not on record, one line each; a sentence without a claim is one too.
 * @param events the whole trace
 */
export function factContradictions(
  shown: readonly ShownFact[],
  events: readonly TraceEvent[],
): readonly string[] {
  const all = probesOf(events)
  const found = shown.flatMap(({ probe: number, text }) => {
    const claim = claimOf(text)
    if (claim === undefined) return [`no claim is registered for "${text}"`]
    const { sentence, needs, requires } = claim
    const probe = all.find(({ plan }) => plan?.number === number)
    // two addresses of a name are two machines
    const same = all.filter(({ attempt }) => attempt?.address === probe?.attempt?.address)
    const holds = probe !== undefined && requires(probe, same, text.slice(sentence.length + 2))
    return holds ? [] : [`probe ${number}: "${text}" needs ${needs}`]
  })
  return [...new Set(found)]
}

export function claimOf(text: string): FactClaim | undefined {
  return FACT_CLAIMS.find(({ sentence }) => text === sentence || text.startsWith(`${sentence}: `))
}
