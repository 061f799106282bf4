import type { Schema } from './schema.ts'

/**
 * The empty value of a schema: every key is present, nullable values are null, lists are empty, numbers are 0.
 * @throws RangeError for a schema that has no empty value
 */
export function emptyValue<Value>(schema: Schema<Value>): Value {
  return emptyOf(schema) as Value
}

function emptyOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (isNullable(schema)) return null
  if (schema.enum !== undefined) return schema.enum[0]
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, member]) => [key, emptyOf(member)]),
      )
    case 'array':
      return []
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return 0
    default:
      throw new RangeError('a schema without an empty value')
  }
}

function isNullable({ type, enum: values, anyOf }: Schema): boolean {
  if (values?.includes(null) === true) return true
  return type === 'null' || (Array.isArray(type) && type.includes('null')) || anyOf?.some(isNullable) === true
}
