import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { schemaViolation } from '../../../src/base/schema/check.ts'
import { emptyValue } from '../../../src/base/schema/empty.ts'
import { publishSchema } from '../../../src/base/schema/published.ts'
import * as s from '../../../src/base/schema/schema.ts'

const inner = s.named('inner', s.object({ word: s.words(['a', 'b']), count: s.count }))
const SCHEMA = s.partialObject(
  {
    kind: s.literal('thing'),
    text: s.text,
    hex: s.nullable(s.hex),
    percent: s.percent,
    list: s.list(inner),
    map: s.map(s.integer),
    maybe: s.nullable(inner),
    either: s.anyOf([s.object({ a: s.boolean }), s.object({ b: s.count })] as const),
  },
  { extra: s.described(inner, 'sometimes') },
)
const VALUE = {
  kind: 'thing',
  text: '',
  hex: 'ab',
  percent: 50,
  list: [{ word: 'a', count: 1 }],
  map: { x: -1 },
  maybe: null,
  either: { b: 2 },
}

describe('a value and its schema', () => {
  test.each([
    [{}, undefined],
    [{ unknown: 1, extra: { word: 'b', count: 0 } }, undefined],
    [{ kind: 'other' }, 'kind: expected "thing"'],
    [{ text: 7 }, 'text: expected string'],
    [{ hex: 'abc' }, 'hex: expected text that matches ^([0-9a-f]{2})*$'],
    [{ percent: 101 }, 'percent: expected 0 to 100'],
    [{ percent: Number.NaN }, 'percent: expected number'],
    [
      {
        list: [
          { word: 'a', count: 1 },
          { word: 'c', count: 1 },
        ],
      },
      'list.1.word: expected one of a, b',
    ],
    [{ list: [{ word: 'a' }] }, 'list.0.count: missing'],
    [{ map: { x: 1.5 } }, 'map.x: expected integer'],
    [{ maybe: { word: 'a', count: -1 } }, 'maybe.count: expected 0 to Infinity'],
    [{ either: { b: -1 } }, 'either.b: expected 0 to Infinity'],
    [{ extra: 1 }, 'extra: expected object'],
  ])('%j: %s', (changed, violation) => {
    expect(schemaViolation(SCHEMA, { ...VALUE, ...changed })).toBe(violation)
  })

  test('the check agrees with an independent validator of the published schema', () => {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(publishSchema('test', 'Test', SCHEMA))
    const anyMember = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>('ab', 'abc', -1, 0, 101, 1.5, null, { word: 'a', count: 1 }, { a: true }, [
        { word: 'b', count: 2 },
      ]),
    )
    const keys = [...Object.keys(VALUE), 'extra']
    fc.assert(
      fc.property(fc.constantFrom(...keys), anyMember, (key, member) => {
        const value: unknown = JSON.parse(JSON.stringify({ ...VALUE, [key]: member }))
        expect(schemaViolation(SCHEMA, value) === undefined).toBe(validate(value))
      }),
      { numRuns: 500 },
    )
  })
})

test('a published schema defines a named part once', () => {
  const published = publishSchema('test', 'Test', SCHEMA)
  expect(Object.keys(published.$defs)).toStrictEqual(['inner'])
  expect(published.properties?.['extra']).toStrictEqual({ $ref: '#/$defs/inner', description: 'sometimes' })
  expect(published.$id).toMatch(/^https:\/\/.*test\.json$/)
})

test('the empty value has every key, keeps to the schema, and knows nothing', () => {
  const schema = s.object({
    a: s.nullable(inner),
    b: s.list(s.text),
    c: s.count,
    d: s.boolean,
    e: inner,
    f: s.map(s.text),
  })
  const empty = emptyValue(schema)
  expect(empty).toStrictEqual({ a: null, b: [], c: 0, d: false, e: { word: 'a', count: 0 }, f: {} })
  expect(schemaViolation(schema, empty)).toBeUndefined()
  expect(() => emptyValue(s.anything)).toThrow(RangeError)
})

test('hex text of the longest message is read, and one wrong digit in it is found', () => {
  const text = 'f7'.repeat(16_777_216)
  expect(schemaViolation(s.hex, text)).toBeUndefined()
  expect(schemaViolation(s.hex, `${text}0`)).toContain('text that matches')
  expect(schemaViolation(s.hex, `${text}0G`)).toContain('text that matches')
})
