import { FAMILIES, FAMILY_NAMES, type FamilyName } from './family.ts'
import { TRAITS } from './table.ts'
import type { Trait } from './trait.ts'

/** A trait that the peer showed. */
export interface TraitSeen {
  /** Of the trait. */
  readonly id: string
  /** What was seen, as a clause without a subject. */
  readonly text: string
}

/** Which client the behaviour of a peer fits, and why. */
export interface BehaviourVerdict {
  readonly family: FamilyName
  readonly confidence: 'likely' | 'possible'
  /** The traits that speak for the family, the strongest first. */
  readonly evidence: readonly TraitSeen[]
}

/** The sum of weights that a family needs, and by how much it must lead. Below `possible` there is no verdict. */
export const THRESHOLDS = { likely: { score: 8, lead: 6 }, possible: { score: 5, lead: 3 } } as const

/** Weighs traits. Undefined if they do not identify a client. */
export function weigh(seen: ReadonlyMap<Trait, string>): BehaviourVerdict | undefined {
  if (seen.size === 0) return undefined
  const scores = FAMILY_NAMES.map((family) => ({ family, score: scoreOf(family, seen) }))
  const [best, second] = scores.sort((a, b) => b.score - a.score)
  if (best === undefined || second === undefined) return undefined
  const lead = best.score - Math.max(0, second.score)
  const reaches = (level: keyof typeof THRESHOLDS): boolean =>
    best.score >= THRESHOLDS[level].score && lead >= THRESHOLDS[level].lead
  if (!reaches('possible')) return undefined
  const confidence = FAMILIES[best.family].isMeasured && reaches('likely') ? 'likely' : 'possible'
  return { family: best.family, confidence, evidence: speaking(best.family, seen, 1) }
}

/** The traits that a family never shows, the strongest first; none if they do not suffice to rule it out. */
export function against(family: FamilyName, seen: ReadonlyMap<Trait, string>): readonly TraitSeen[] {
  return scoreOf(family, seen) < 0 ? speaking(family, seen, -1) : []
}

function scoreOf(family: FamilyName, seen: ReadonlyMap<Trait, string>): number {
  let score = 0
  for (const { weights } of seen.keys()) score += weights[family] ?? 0
  return score
}

function speaking(family: FamilyName, seen: ReadonlyMap<Trait, string>, sign: 1 | -1): readonly TraitSeen[] {
  const weight = ({ weights }: Trait): number => sign * (weights[family] ?? 0)
  return TRAITS.filter((trait) => weight(trait) > 0 && seen.has(trait))
    .sort((a, b) => weight(b) - weight(a))
    .map((trait) => ({ id: trait.id, text: seen.get(trait) ?? '' }))
}
