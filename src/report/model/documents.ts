import { connect } from './connect.ts'
import { demo } from './demo.ts'
import { plainError } from './envelope.ts'
import { explain } from './explain.ts'
import { fetch } from './fetch.ts'
import { fetchBlock } from './fetch-block.ts'
import { metadata } from './metadata.ts'
import { publishSchema, type PublishedSchema } from '../../base/schema/published.ts'
import type { Schema } from '../../base/schema/schema.ts'
import { serve } from './serve.ts'
import { serveEvent } from './serve-event.ts'

/** Every document by the command that prints it; `error` is for a command line that names no command. */
export const DOCUMENTS = {
  connect,
  'fetch-block': fetchBlock,
  fetch,
  metadata,
  demo,
  serve,
  explain,
  error: plainError,
} as const satisfies { readonly [command: string]: Schema }

/** The commands that print a document of their own. */
export type DocumentCommand = keyof typeof DOCUMENTS

/** The JSON Schema of every document and of the events of `serve --ndjson`, as docs/schema/ holds them. */
export function publishedSchemas(): { readonly [name: string]: PublishedSchema } {
  const documents = Object.entries(DOCUMENTS).map(([name, schema]) => [
    name,
    publishSchema(name, `What peerwire ${name} --json prints`, schema),
  ])
  const title = 'One line of what peerwire serve --ndjson prints'
  return {
    ...(Object.fromEntries(documents) as { readonly [name: string]: PublishedSchema }),
    'serve-event': publishSchema('serve-event', title, serveEvent),
  }
}
