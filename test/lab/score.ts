import type { CauseCode, Confidence } from '../../src/diagnose/cause/causes.ts'
import type { Truth } from './situation.ts'

export interface NamedCause {
  readonly code: CauseCode
  readonly confidence: Confidence
}

/**
 * - `right`: every cause is named, and a true one first; or, where nobody can know, it is in the list
 * - `partial`: a true cause is named, and another one that is possible comes first, or a second true cause is missing
 * - `silent`: no cause is named, or none that is true
 * - `wrong`: a cause is called certain that is false or cannot be known, or one that is excluded comes first
 */
export type Mark = 'right' | 'partial' | 'silent' | 'wrong'

/** Codes that name nothing. */
const SAYS_NOTHING: ReadonlySet<CauseCode> = new Set(['unexplained', 'changed'])

export function markOf(named: readonly NamedCause[], truth: Truth): Mark {
  const { causes, also = [], ambiguous = [] } = truth
  const isTrue = (code: CauseCode) => causes.includes(code) || also.includes(code)
  const mayBeCertain = (code: CauseCode) => (ambiguous.length === 0 ? isTrue(code) : also.includes(code))
  const isPossible = (code: CauseCode) => isTrue(code) || ambiguous.includes(code)

  const claims = named.filter(({ code }) => causes.includes(code) || !SAYS_NOTHING.has(code))
  const [first] = claims
  if (first === undefined) return 'silent'
  if (claims.some(({ code, confidence }) => confidence === 'certain' && !mayBeCertain(code))) return 'wrong'
  if (!isPossible(first.code)) return 'wrong'
  const codes = claims.map(({ code }) => code)
  const isComplete = causes.every((code) => codes.includes(code))
  if (isComplete && (ambiguous.length > 0 || isTrue(first.code))) return 'right'
  return codes.some(isTrue) ? 'partial' : 'silent'
}
