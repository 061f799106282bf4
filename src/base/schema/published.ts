import type { Schema } from './schema.ts'

/** The published JSON Schema (draft 2020-12) of a document. */
export interface PublishedSchema extends Schema {
  readonly $schema: string
  readonly $id: string
  readonly title: string
  readonly $defs: { readonly [name: string]: Schema }
}

/** Where the schemas of a released package are published. */
const PLACE = 'https://unpkg.com/peerwire/docs/schema/'

/** The JSON Schema of a document. Each named part is written once, under `$defs`. */
export function publishSchema(command: string, title: string, schema: Schema): PublishedSchema {
  const definitions = new Map<string, Schema>()
  const body = published({ ...schema, name: '' }, definitions)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${PLACE}${command}.json`,
    title,
    ...body,
    $defs: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

type Reference = Schema & { readonly $ref: string }

function published(schema: Schema, definitions: Map<string, Schema>): Schema | Reference {
  const { name = '', description, ...unnamed } = schema
  if (name !== '') {
    if (!definitions.has(name)) {
      definitions.set(name, unnamed)
      definitions.set(name, published(unnamed, definitions))
    }
    return { $ref: `#/$defs/${name}`, ...(description !== undefined && { description }) }
  }
  const { properties, items, additionalProperties, anyOf, ...rest } = unnamed
  return {
    ...rest,
    ...(description !== undefined && { description }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, member]) => [key, published(member, definitions)]),
      ),
    }),
    ...(items !== undefined && { items: published(items, definitions) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: published(additionalProperties, definitions),
    }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((one) => published(one, definitions)) }),
  }
}
