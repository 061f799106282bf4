import type { CauseCode, Confidence } from '../../src/diagnose/cause/causes.ts'
import { claimsOf } from './claims.ts'
import type { NamedCause } from './score.ts'

/** The document of a command that could not start. */
interface ErrorDocument {
  readonly error: { readonly message: string }
}

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
  const document = JSON.parse(stdout) as WhyDocument | ErrorDocument
  if (!('causes' in document)) {
    const claims = claimsOf(document.error.message)
    return { named: claims.map((code) => ({ code, confidence: 'certain' })), connections: 0 }
  }
  const { causes, works, probes } = document
  const named = causes.map(({ code, confidence }) => ({ code, confidence }))
  const isFine = named.length === 0 && works !== null
  return { named: isFine ? [{ code: 'works', confidence: 'certain' }] : named, connections: probes.length }
}
