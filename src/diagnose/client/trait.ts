import type { Behaviour } from './behaviour.ts'
import { FAMILY_NAMES, type FamilyName } from './family.ts'

/** Something that a client does and others do not. */
export interface Trait {
  readonly id: string
  /** What the clients do, as a clause without a subject. */
  readonly habit: string
  /** Where this is known from. */
  readonly source: string
  /** How much it speaks for a family, or against it if negative. A family that is not named sometimes does it as well. */
  readonly weights: Weights
  /** What was seen, as a clause without a subject; false or undefined if it was not. */
  readonly see: (behaviour: Behaviour) => string | false | undefined
}

export type Weights = Readonly<Partial<Record<FamilyName, number>>>

/** How much a signature weighs: something that exactly one family does, and always. */
const SIGNATURE = 6

/** A family that has never been seen to do something is out, unless it shows a signature of its own. */
const NEVER = -SIGNATURE

/** For one family, and against all others. */
export function only(family: FamilyName, weight: number = SIGNATURE): Weights {
  return { ...never(...FAMILY_NAMES), [family]: weight }
}

/** Against these families. */
export function never(...families: readonly FamilyName[]): Weights {
  return Object.fromEntries(families.map((family) => [family, NEVER]))
}
