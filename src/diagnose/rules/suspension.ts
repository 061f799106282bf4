import type { Conversation, Observation, Rule } from '../rule.ts'

/** Not about the peer: what of the session this process did not live through. */
export const suspensionRules: readonly Rule[] = [suspended]

/** Less in all is a busy machine, in milliseconds. */
const WORTH_SAYING_MS = 5_000

function* suspended({ events }: Conversation): Generator<Observation> {
  let totalMs = 0
  for (const event of events) if (event.type === 'suspended') totalMs += event.durationMs
  if (totalMs < WORTH_SAYING_MS) return
  yield { id: 'process-suspended', detail: `${(totalMs / 1000).toFixed(1)} s, which no time here counts` }
}
