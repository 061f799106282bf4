import type { Schema } from './schema.ts'

/**
 * The first place where a value violates a schema, as `path: what was expected`; undefined when it conforms. Unknown keys
 * are allowed. Takes time in proportion to the size of the value.
 */
export function schemaViolation(schema: Schema, value: unknown, path = ''): string | undefined {
  const at = (expected: string) => `${path === '' ? 'the value' : path}: expected ${expected}`
  if (schema.anyOf !== undefined) return alternativesViolation(schema.anyOf, value, path)
  if (schema.const !== undefined && value !== schema.const) return at(JSON.stringify(schema.const))
  if (schema.enum !== undefined && !schema.enum.includes(value as string))
    return at(`one of ${schema.enum.join(', ')}`)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return at(types.join(' or '))
  if (typeof value === 'number') return numberViolation(schema, value, at)
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    return at(`text that matches ${schema.pattern}`)
  return membersViolation(schema, value, path)
}

function numberViolation(
  { minimum = -Infinity, maximum = Infinity }: Schema,
  value: number,
  at: (expected: string) => string,
): string | undefined {
  return value < minimum || value > maximum ? at(`${minimum} to ${maximum}`) : undefined
}

function membersViolation(schema: Schema, value: unknown, path: string): string | undefined {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined
      ? undefined
      : first(value.map((item, i) => () => schemaViolation(items, item, join(path, String(i)))))
  }
  if (typeof value !== 'object' || value === null) return undefined
  const members = new Map<string, unknown>(Object.entries(value))
  const missing = (schema.required ?? []).find((key) => !members.has(key))
  if (missing !== undefined) return `${join(path, missing)}: missing`
  return first(
    Array.from(members, ([key, member]) => () => {
      const known = schema.properties
      const one = known !== undefined && Object.hasOwn(known, key) ? known[key] : schema.additionalProperties
      return one === undefined ? undefined : schemaViolation(one, member, join(path, key))
    }),
  )
}

function first(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const violation = check()
    if (violation !== undefined) return violation
  }
  return undefined
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isSafeInteger(value)
    case 'number':
      return Number.isFinite(value)
    default:
      return typeof value === type
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** Compares only the alternatives of a union whose literals match the value, so that the message names the wrong member. */
function alternativesViolation(schemas: readonly Schema[], value: unknown, path: string): string | undefined {
  const candidates = schemas.filter((one) => wordViolations(one, value).length === 0)
  const misses: string[] = []
  for (const one of candidates) {
    const miss = schemaViolation(one, value, path)
    if (miss === undefined) return undefined
    misses.push(miss)
  }
  const [key] = schemas.flatMap((one) => wordViolations(one, value))
  if (misses.length > 0 || key === undefined)
    return misses.find((miss) => !miss.endsWith(': missing')) ?? misses[0]
  const words = schemas.flatMap(({ properties }) => wordsOf(properties?.[key]) ?? [])
  return `${join(path, key)}: expected one of ${[...new Set(words)].join(', ')}`
}

/** The members of an object whose value is not among the words that this schema allows. */
function wordViolations({ properties = {} }: Schema, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const members = new Map<string, unknown>(Object.entries(value))
  return Object.keys(properties).filter((key) => {
    const words = wordsOf(properties[key])
    return words !== undefined && members.has(key) && !words.includes(members.get(key) as string)
  })
}

function wordsOf(schema: Schema | undefined): readonly (string | number | null)[] | undefined {
  return schema?.const === undefined ? schema?.enum : [schema.const]
}
