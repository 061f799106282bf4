import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'

/** How a document violates its published schema; null if it is valid. */
export function schemaErrors(name: string, document: unknown): unknown {
  const file = new URL(`../../../docs/schema/${name}.json`, import.meta.url)
  const schema = JSON.parse(readFileSync(file, 'utf8')) as object
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema)
  return validate(document) ? null : validate.errors
}
