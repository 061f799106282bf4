/** The part of JSON Schema (draft 2020-12) that the documents need. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: string
  readonly enum?: readonly (string | number | null)[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly items?: Schema
  readonly properties?: { readonly [key: string]: Schema }
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly anyOf?: readonly Schema[]
}

/** The whole schema of a document. */
export interface DocumentSchema extends Schema {
  readonly $schema: string
  readonly $id: string
  readonly title: string
}

export const boolean: Schema = { type: 'boolean' }
export const text: Schema = { type: 'string' }
export const integer: Schema = { type: 'integer' }
/** Bytes, counts, ports and indexes: never negative. */
export const count: Schema = { type: 'integer', minimum: 0 }
export const milliseconds: Schema = { type: 'number', minimum: 0 }
export const percent: Schema = { type: 'number', minimum: 0, maximum: 100 }
export const hex: Schema = { type: 'string', pattern: '^([0-9a-f]{2})*$' }
/** Anything: a value that a peer chose. */
export const anything: Schema = {}

export function described(schema: Schema, description: string): Schema {
  return { ...schema, description }
}

export function words(values: readonly (string | number)[]): Schema {
  return { enum: values }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

/** An object whose keys are not known in advance. */
export function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

/** An object with these keys, all of them always there; more may be added in later versions. */
export function object(properties: { readonly [key: string]: Schema }): Schema {
  return { type: 'object', properties, required: Object.keys(properties) }
}

export function nullable(schema: Schema): Schema {
  if (typeof schema.type === 'string' && schema.enum === undefined) {
    return { ...schema, type: [schema.type, 'null'] }
  }
  return schema.enum === undefined
    ? { anyOf: [schema, { type: 'null' }] }
    : { ...schema, enum: [...schema.enum, null] }
}

/** A byte string of a peer's: text when it is UTF-8, else hex; cut at 64 KiB. */
export const byteString: Schema = {
  anyOf: [
    text,
    { type: 'object', properties: { hex, truncated: boolean }, required: ['hex'] },
    { type: 'object', properties: { text, truncated: boolean }, required: ['text', 'truncated'] },
  ],
}
