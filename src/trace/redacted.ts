import * as s from '../base/schema/schema.ts'

/** What `--redact` replaces: by pseudonyms, and data by zeros. */
export const REDACTED = ['addresses', 'hosts', 'hashes', 'peer-ids', 'names', 'data'] as const

type Redacted = (typeof REDACTED)[number]

/** The schema of what was replaced, in traces and reports. */
export const redacted = s.described(
  s.list(s.text as s.Schema<Redacted>),
  'what is replaced because of --redact: the same thing has the same pseudonym in everything that one run writes',
)
