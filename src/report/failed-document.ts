import { VERSION } from '../base/version.ts'
import { sessionConclusion } from './exit-code.ts'
import type { Envelope, ErrorReport } from './model/envelope.ts'
import { emptyValue } from '../base/schema/empty.ts'
import type { Schema } from '../base/schema/schema.ts'

/**
 * The document of a command that failed before it did anything: an invalid flag, an unreadable file, a bug. It has every key
 * of the document of that command; unknown values are null.
 * @param schema of the document
 * @param startedAt when the command started, RFC 3339
 */
export function failedDocument(
  schema: Schema<object>,
  error: ErrorReport,
  startedAt: string,
): Envelope<string> {
  const conclusion = sessionConclusion(error, [])
  const fill = (document: object): object => ({
    ...document,
    ...('schema' in document && { version: VERSION, ...conclusion, verdict: error.message, startedAt }),
    ...('target' in document && { target: { ...(document.target as object), input: '' } }),
  })
  const document = emptyValue(schema)
  // the document of a demo contains those of two commands
  const parts = Object.entries(document).map(([key, part]: [string, unknown]) => [
    key,
    typeof part === 'object' && part !== null && 'schema' in part ? fill(part) : part,
  ])
  return fill(Object.fromEntries(parts) as object) as Envelope<string>
}
