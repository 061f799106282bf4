import type { Conclusion } from '../exit-code.ts'
import type { WhyReport } from '../model/why.ts'

const NUMBERS = ['No cause fits', 'One cause fits', 'Two causes fit', 'Three causes fit', 'Four causes fit']

/** The answer of `why` in one sentence: the first cause, or that several fit equally well. */
export function whyVerdict({ causes, error }: Pick<WhyReport, 'causes'> & Pick<Conclusion, 'error'>): string {
  const [first] = causes
  if (first === undefined) return error?.message ?? 'Nothing was found out.'
  if (isOpen(causes)) {
    const how = NUMBERS[causes.length] ?? `${causes.length} causes fit`
    return `${how}; from outside they look the same.`
  }
  return first.text
}

/** Whether several causes are left, and none is certain. */
export function isOpen(causes: WhyReport['causes']): boolean {
  return causes.length > 1 && causes.every(({ confidence }) => confidence !== 'certain')
}
