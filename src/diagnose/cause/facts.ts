import { WAY_FACTS } from './facts/way.ts'
import { REFUSAL_FACTS } from './facts/refusal.ts'
import { ENCRYPTION_FACTS } from './facts/encryption.ts'
import { COMPARISON_FACTS } from './facts/comparison.ts'
import { SERVICE_FACTS } from './facts/service.ts'
import { SESSION_FACTS } from './facts/session.ts'
import type { FactDescription } from './facts/fact.ts'
import type { Observation } from './observation.ts'

/** Everything that observations can prove, in words, with what shows it. */
export const FACTS = {
  ...WAY_FACTS,
  ...REFUSAL_FACTS,
  ...ENCRYPTION_FACTS,
  ...COMPARISON_FACTS,
  ...SERVICE_FACTS,
  ...SESSION_FACTS,
} as const satisfies { readonly [code: string]: FactDescription }

/** The code of a fact. */
export type FactCode = keyof typeof FACTS

/** What an observation shows, in words: `what it sent breaks the protocol: bad-have`. */
export function describeFact(code: FactCode, shownBy: Observation | undefined): string {
  const { text, detail }: FactDescription = FACTS[code]
  return detail === undefined || shownBy === undefined ? text : `${text}: ${detail(shownBy)}`
}
