import type { CauseCode } from '../../../src/diagnose/cause/causes.ts'
import type { Mark, NamedCause } from '../score.ts'
import type { Truth } from './situation.ts'

/** Codes that name nothing, unless they are the truth. */
const SAYS_NOTHING: ReadonlySet<CauseCode> = new Set(['unexplained', 'changed'])

/**
 * - `right`: every true cause is named, and one that may come first does (by default a true or indistinguishable one)
 * - `partial`: a true cause is named, and another one comes first or a second true cause is missing
 * - `silent`: no true cause is named
 * - `wrong`: a cause is called certain that is false or that nobody can know, or an excluded one is named at all
 */
export function markOf(named: readonly NamedCause[], truth: Truth): Mark {
  const { causes, isOneOf = false, also = [], ambiguous = [], excluded = [] } = truth
  const isTrue = (code: CauseCode) => causes.includes(code) || also.includes(code)
  const mayBeCertain = (code: CauseCode) => isTrue(code) && (isOneOf || !ambiguous.includes(code))

  const claims = named.filter(({ code }) => causes.includes(code) || !SAYS_NOTHING.has(code))
  if (claims.some(({ code, confidence }) => confidence === 'certain' && !mayBeCertain(code))) return 'wrong'
  if (claims.some(({ code }) => excluded.includes(code))) return 'wrong'
  const [first] = claims
  if (first === undefined) return 'silent'
  const isNamed = (code: CauseCode) => claims.some((one) => one.code === code)
  if (![...causes, ...also].some(isNamed)) return 'silent'
  const isComplete = isOneOf ? causes.some(isNamed) : causes.every(isNamed)
  const mayComeFirst = truth.first ?? [...causes, ...also, ...ambiguous]
  return isComplete && mayComeFirst.includes(first.code) ? 'right' : 'partial'
}
