import { VERSION } from '../base/version.ts'
import { sessionConclusion } from './exit-code.ts'
import { DOCUMENTS, type DocumentCommand } from './model/documents.ts'
import type { Envelope, ErrorReport } from './model/envelope.ts'
import { emptyValue } from '../base/schema/empty.ts'

/**
 * The document of a command that failed before it did anything: a wrong flag, a file that cannot be read, a bug. It has every
 * key of the document of that command, unknown as null.
 * @param peer as it was typed, where it was
 */
export function failedDocument(command: DocumentCommand, error: ErrorReport, peer = ''): Envelope<string> {
  const conclusion = sessionConclusion(error, [])
  const fill = (document: object): object => ({
    ...document,
    ...('schema' in document && { version: VERSION, ...conclusion }),
    ...('target' in document && { target: { ...(document.target as object), input: peer } }),
  })
  const document = emptyValue<object>(DOCUMENTS[command])
  // a demo holds the documents of two commands
  const parts = Object.entries(document).map(([key, part]: [string, unknown]) => [
    key,
    typeof part === 'object' && part !== null && 'schema' in part ? fill(part) : part,
  ])
  return fill(Object.fromEntries(parts) as object) as Envelope<string>
}
