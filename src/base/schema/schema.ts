import type { ByteText, JsonValue } from './json-value.ts'

/** Carries the type of the values that a schema describes. The property does not exist at run time. */
declare const VALUE: unique symbol

/** The part of JSON Schema (draft 2020-12) that the documents use, with the type of the values that it describes. */
export interface Schema<Value = unknown> {
  readonly [VALUE]?: Value
  /** Name of its definition under `$defs` in a published schema. */
  readonly name?: string
  readonly type?: string | readonly string[]
  readonly const?: string
  readonly enum?: readonly (string | number | null)[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly items?: Schema
  readonly properties?: Properties
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly anyOf?: readonly Schema[]
}

/** The members of an object by their key. */
export interface Properties {
  readonly [key: string]: Schema
}

/** The type of the values that a schema describes. */
export type Infer<S> = S extends Schema<infer Value> ? Value : never

/** The type of an object with these members. */
export type InferObject<P extends Properties> = { readonly [Key in keyof P]: Infer<P[Key]> }

export const boolean: Schema<boolean> = { type: 'boolean' }
export const text: Schema<string> = { type: 'string' }
export const integer: Schema<number> = { type: 'integer' }
/** Bytes, counts, ports and indexes: never negative. */
export const count: Schema<number> = { type: 'integer', minimum: 0 }
export const milliseconds: Schema<number> = { type: 'number', minimum: 0 }
export const percent: Schema<number> = { type: 'number', minimum: 0, maximum: 100 }
export const hex: Schema<string> = { type: 'string', pattern: '^([0-9a-f]{2})*$' }
/** So many bytes, as an info hash. */
export function hexOf(length: number): Schema<string> {
  return { type: 'string', pattern: `^[0-9a-f]{${2 * length}}$` }
}
/** Any JSON value, chosen by the peer. */
export const anything: Schema<JsonValue> = {}

/** Exactly this string. */
export function literal<const Text extends string>(value: Text): Schema<Text> {
  return { type: 'string', const: value }
}

export function described<Value>(schema: Schema<Value>, description: string): Schema<Value> {
  return { ...schema, description }
}

/** Gives a schema its own definition in the published form; for schemas that many others use. */
export function named<Value>(name: string, schema: Schema<Value>): Schema<Value> {
  return { ...schema, name }
}

/** One of a closed set of words or numbers. */
export function words<const Words extends readonly (string | number)[]>(
  values: Words,
): Schema<Words[number]> {
  return { enum: values }
}

export function list<Item>(items: Schema<Item>): Schema<readonly Item[]> {
  return { type: 'array', items }
}

/** An object whose keys are not known in advance. */
export function map<Value>(values: Schema<Value>): Schema<{ readonly [key: string]: Value }> {
  return { type: 'object', additionalProperties: values }
}

/** An object that always has all of these keys; later versions may add more. */
export function object<const P extends Properties>(properties: P): Schema<InferObject<P>> {
  return { type: 'object', properties, required: Object.keys(properties) }
}

/** An object that always has the first keys and sometimes the others. */
export function partialObject<const P extends Properties, const O extends Properties>(
  properties: P,
  optional: O,
): Schema<InferObject<P> & Partial<InferObject<O>>> {
  return { type: 'object', properties: { ...properties, ...optional }, required: Object.keys(properties) }
}

export function nullable<Value>(schema: Schema<Value>): Schema<Value | null> {
  if (schema.name !== undefined) return { anyOf: [schema, { type: 'null' }] }
  if (typeof schema.type === 'string' && schema.enum === undefined) {
    return { ...schema, type: [schema.type, 'null'] }
  }
  return schema.enum === undefined
    ? { anyOf: [schema, { type: 'null' }] }
    : { ...schema, enum: [...schema.enum, null] }
}

/** One of several schemas. */
export function anyOf<const Schemas extends readonly Schema[]>(
  schemas: Schemas,
): Schema<Infer<Schemas[number]>> {
  return { anyOf: schemas }
}

/** A byte string from a peer: text when it is valid UTF-8, else hex; cut at 64 KiB. */
export const byteString: Schema<ByteText> = {
  name: 'byteString',
  anyOf: [
    text,
    { type: 'object', properties: { hex, truncated: boolean }, required: ['hex'] },
    { type: 'object', properties: { text, truncated: boolean }, required: ['text', 'truncated'] },
  ],
}
