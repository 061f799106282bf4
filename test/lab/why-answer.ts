import type { CauseCode, Confidence } from '../../src/diagnose/cause/causes.ts'
import type { NamedCause } from './score.ts'

/** What the lab reads of the document of `why`. */
interface WhyDocument {
  readonly causes: readonly { readonly code: CauseCode; readonly confidence: Confidence }[]
  readonly works: unknown
  readonly probes: readonly unknown[]
}

export interface WhyAnswer {
  readonly named: readonly NamedCause[]
  readonly connections: number
}

/** @throws Error when it is not such a document */
export function readWhy(stdout: string): WhyAnswer {
  const { causes, works, probes } = JSON.parse(stdout) as WhyDocument
  const named = causes.map(({ code, confidence }) => ({ code, confidence }))
  const isFine = named.length === 0 && works !== null
  return { named: isFine ? [{ code: 'works', confidence: 'certain' }] : named, connections: probes.length }
}
