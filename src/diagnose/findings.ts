import { EXCHANGE_FINDINGS } from './findings/exchange.ts'
import { PRESENCE_FINDINGS } from './findings/presence.ts'

/**
 * Every finding, by its id. Ids are public: scripts match on them, so none is renamed or reused. `error` is kept for what
 * a BEP forbids; what deployed clients do without harm is a warning at most. docs/findings.md has a heading for each.
 */
export const FINDINGS = { ...PRESENCE_FINDINGS, ...EXCHANGE_FINDINGS } as const

export type FindingId = keyof typeof FINDINGS
