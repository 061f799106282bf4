import { isHex } from '../bytes.ts'
import { hex, type Schema } from './schema.ts'

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
  if (typeof value === 'string' && schema.pattern !== undefined && !matches(schema.pattern, value))
    return at(`text that matches ${schema.pattern}`)
  return membersViolation(schema, value, path)
}

function matches(pattern: string, text: string): boolean {
  return pattern === hex.pattern ? isHex(text) : new RegExp(pattern).test(text)
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
      return Number.isInteger(value)
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
  const candidates = schemas.filter((one) => wordViolation(one, value) === undefined)
  const misses: string[] = []
  for (const one of candidates) {
    const miss = schemaViolation(one, value, path)
    if (miss === undefined) return undefined
    misses.push(miss)
  }
  if (misses.length > 0) return misses.find((miss) => !miss.endsWith(': missing')) ?? misses[0]
  const key = schemas.map((one) => wordViolation(one, value)).find((found) => found !== undefined)
  if (key === undefined) return undefined
  const words = schemas.flatMap(({ properties }) => wordsOf(properties?.[key]) ?? [])
  return `${join(path, key)}: expected one of ${[...new Set(words)].join(', ')}`
}

/** The first member of an object that has a word from a closed set, and not one of this schema. */
function wordViolation(schema: Schema, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const members = value as Readonly<Record<string, unknown>>
  return wordMembers(schema).find(
    ([key, words]) => Object.hasOwn(members, key) && !words.includes(members[key] as string),
  )?.[0]
}

type WordMember = readonly [key: string, words: readonly (string | number | null)[]]

/** Of each schema that was asked about: a long trace asks for every line. */
const WORD_MEMBERS = new WeakMap<Schema, readonly WordMember[]>()

function wordMembers(schema: Schema): readonly WordMember[] {
  const known = WORD_MEMBERS.get(schema)
  if (known !== undefined) return known
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, member]): readonly WordMember[] => {
    const words = wordsOf(member)
    return words === undefined ? [] : [[key, words]]
  })
  WORD_MEMBERS.set(schema, members)
  return members
}

function wordsOf(schema: Schema | undefined): readonly (string | number | null)[] | undefined {
  return schema?.const === undefined ? schema?.enum : [schema.const]
}
