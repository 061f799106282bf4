import type { Conclusion } from '../../exit-code.ts'
import type { WhyReport, WorkingWay } from '../../model/why.ts'
import { STOPPED_BY_YOU } from '../session/verdict.ts'

const NUMBERS = ['no cause fits', 'one cause fits', 'two causes fit', 'three causes fit', 'four causes fit']

/** The answer of `why` in one sentence: the first cause, or that several fit and nothing decides between them. */
export function whyVerdict({
  causes,
  works,
  error,
}: Pick<WhyReport, 'causes' | 'works'> & Pick<Conclusion, 'error'>): string {
  const [first] = causes
  if (first === undefined && error?.code === 'E_INTERRUPTED') return STOPPED_BY_YOU
  if (first === undefined) return error?.message ?? 'Nothing was found out.'
  if (!isOpen(causes)) return first.text
  const many = NUMBERS[causes.length] ?? `${causes.length} causes fit`
  if (works !== null) return `It works over ${describeWay(works)}; ${many} the rest.`
  return `${many.charAt(0).toUpperCase()}${many.slice(1)}, and nothing decides between them.`
}

/** Whether several causes are left, and none is certain. */
export function isOpen(causes: WhyReport['causes']): boolean {
  return causes.length > 1 && causes.every(({ confidence }) => confidence !== 'certain')
}

const TRANSPORTS = { tcp: 'TCP', utp: 'uTP' } as const
const ENCRYPTIONS = {
  plaintext: 'without encryption',
  rc4: 'with RC4',
  'mse-plaintext': 'with plaintext after MSE',
} as const

/** A way to connect, such as `TCP with RC4`. */
export function describeWay({ transport, encryption }: Pick<WorkingWay, 'transport' | 'encryption'>): string {
  return `${TRANSPORTS[transport]} ${ENCRYPTIONS[encryption]}`
}
