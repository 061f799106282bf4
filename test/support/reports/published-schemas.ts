import { publishSchema, type PublishedSchema } from '../../../src/base/schema/published.ts'
import { COMMANDS } from '../../../src/cli/commands/table.ts'
import { traceLine } from '../../../src/trace/lines.ts'
import { plainError } from '../../../src/report/model/envelope.ts'

/** The JSON Schema of every document and of the lines of `--ndjson` and `--trace-file`, as published in docs/schema/. */
export async function publishedSchemas(): Promise<{ readonly [name: string]: PublishedSchema }> {
  const title = (name: string) => `What peerwire ${name} --json prints`
  const schemas: { [name: string]: PublishedSchema } = {
    error: publishSchema('error', title('error'), plainError),
    trace: publishSchema('trace', 'One line of what --trace-file writes', traceLine),
  }
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const { document, eventDocument } = (await load()).command
    schemas[name] = publishSchema(name, title(name), document)
    if (eventDocument === undefined) continue
    const events = `One line of what peerwire ${name} --ndjson prints`
    schemas[`${name}-event`] = publishSchema(`${name}-event`, events, eventDocument)
  }
  return schemas
}
