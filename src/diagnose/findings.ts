import { availability } from './rules/availability.ts'
import { client } from './rules/client.ts'
import { close } from './rules/close.ts'
import { extensionHandshake } from './rules/extension-handshake.ts'
import { extensions } from './rules/extensions.ts'
import { fast } from './rules/fast.ts'
import { handshake } from './rules/handshake.ts'
import { hashes } from './rules/hashes.ts'
import { messages } from './rules/messages.ts'
import { metadata } from './rules/metadata.ts'
import { pex } from './rules/pex.ts'
import { requests } from './rules/requests.ts'
import { suspension } from './rules/suspension.ts'
import { transfers } from './rules/transfers.ts'
import { utp } from './rules/utp.ts'

/** The rules by theme, in the order of their findings in the documentation. */
export const THEMES = [
  handshake,
  client,
  close,
  suspension,
  messages,
  availability,
  fast,
  extensions,
  extensionHandshake,
  metadata,
  pex,
  hashes,
  transfers,
  requests,
  utp,
] as const

/**
 * Every finding, by its id. Ids are public: scripts match on them, so none is renamed or reused. `error` is kept for what
 * a BEP forbids; what deployed clients do without harm is a warning at most. docs/findings.md has a heading for each.
 */
export const FINDINGS = {
  ...handshake.findings,
  ...client.findings,
  ...close.findings,
  ...suspension.findings,
  ...messages.findings,
  ...availability.findings,
  ...fast.findings,
  ...extensions.findings,
  ...extensionHandshake.findings,
  ...metadata.findings,
  ...pex.findings,
  ...hashes.findings,
  ...transfers.findings,
  ...requests.findings,
  ...utp.findings,
} as const

/** A key of `FINDINGS`. */
export type FindingId = keyof typeof FINDINGS
