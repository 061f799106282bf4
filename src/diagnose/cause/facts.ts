import { WAY_FACTS } from './facts/way.ts'
import { REFUSAL_FACTS } from './facts/refusal.ts'
import { ENCRYPTION_FACTS } from './facts/encryption.ts'
import { COMPARISON_FACTS } from './facts/comparison.ts'
import { SERVICE_FACTS } from './facts/service.ts'
import { SESSION_FACTS } from './facts/session.ts'

/** Everything that observations can prove, in words, with what shows it. */
export const FACTS = {
  ...WAY_FACTS,
  ...REFUSAL_FACTS,
  ...ENCRYPTION_FACTS,
  ...COMPARISON_FACTS,
  ...SERVICE_FACTS,
  ...SESSION_FACTS,
} as const

/** The code of a fact. */
export type FactCode = keyof typeof FACTS
