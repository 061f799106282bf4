import type { CauseCode } from '../../src/diagnose/cause/causes.ts'

/** What the messages and hints of `connect` claim to be the cause. */
const CLAIMS: readonly (readonly [RegExp, readonly CauseCode[]])[] = []

/** The causes that a message names. */
export function claimsOf(text: string): readonly CauseCode[] {
  return CLAIMS.filter(([words]) => words.test(text)).flatMap(([, codes]) => codes)
}
