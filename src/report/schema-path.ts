import { closestWord } from './explain/closest.ts'
import type { Schema } from '../base/schema/schema.ts'

/**
 * The schemas of the values at a dotted path.
 * @param fail makes the error for a path that does not exist in any document, from a one-line reason
 */
export function schemasAt(
  schema: Schema,
  path: readonly string[],
  fail: (problem: string) => Error,
): readonly Schema[] {
  let here: readonly Schema[] = [schema]
  for (const [i, key] of path.entries()) {
    if (here.some(isAnything)) return here
    const options = here.flatMap(alternatives)
    // a key that a peer chose can contain dots: the rest of the path is that key
    const values = options.flatMap(({ additionalProperties }) => additionalProperties ?? [])
    if (values.length > 0) return values
    const next = options.flatMap((one) => memberOf(one, key))
    if (next.length === 0) throw fail(unknownPath(here, path.slice(0, i), key))
    here = next
  }
  return here.flatMap(alternatives)
}

/** Every path of a document, without elements of lists and keys that a peer chose. */
export function documentPaths(schema: Schema): readonly string[] {
  const members = [schema, ...(schema.anyOf ?? [])].flatMap(({ properties }) =>
    Object.entries(properties ?? {}),
  )
  return members.flatMap(([key, member]) => [key, ...documentPaths(member).map((path) => `${key}.${path}`)])
}

/** The JSON types that a value with these schemas can have. `number` includes `integer`; a schema for any value has all. */
export function typesOf(schemas: readonly Schema[]): ReadonlySet<string> {
  const types = schemas.flatMap(alternatives).flatMap((schema) => {
    if (isAnything(schema)) return ['number', 'string', 'boolean', 'array', 'object']
    if (schema.enum !== undefined) return schema.enum.map((word) => typeof word)
    return schema.type ?? []
  })
  return new Set(types.map((type) => (type === 'integer' ? 'number' : type)))
}

function alternatives(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? [schema]
}

function isAnything(schema: Schema): boolean {
  return schema.type === undefined && schema.enum === undefined && schema.anyOf === undefined
}

function memberOf({ properties, items }: Schema, key: string): readonly Schema[] {
  if (properties !== undefined && Object.hasOwn(properties, key)) {
    const member = properties[key]
    return member === undefined ? [] : [member]
  }
  return items !== undefined && /^\d+$/.test(key) ? [items] : []
}

function unknownPath(here: readonly Schema[], before: readonly string[], key: string): string {
  const known = here.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}))
  const place = [...before, key].join('.')
  const closest = closestWord(key, known)
  const hint = closest === undefined ? '' : `; did you mean "${[...before, closest].join('.')}"?`
  return `no document has "${place.slice(0, 80)}"${hint}`
}
