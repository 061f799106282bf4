import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { publishedSchemas } from '../../support/reports/published-schemas.ts'
import {
  connectReport,
  failedReport,
  failure,
  fetchBlockReport,
  fetchReport,
  metadataReport,
  SPARE_BITS,
} from '../../support/reports/reports.ts'

const FOLDER = new URL('../../../docs/schema/', import.meta.url)

const PUBLISHED = await publishedSchemas()

describe.each(Object.entries(PUBLISHED))('%s', (name, schema) => {
  test('is the file in docs/schema (npm run docs writes it)', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      new URL(`${name}.json`, FOLDER).pathname,
    )
  })

  test('is a JSON Schema', () => {
    expect(new Ajv2020({ allowUnionTypes: true }).validateSchema(schema)).toBe(true)
  })
})

const block = {
  piece: 3,
  offset: 0,
  length: 16_384,
  bytes: 16_384,
  sha1: 'ab'.repeat(20),
  output: 'block.bin',
  verified: 'piece-sha1',
  verifiedDetail: null,
  proof: null,
  requests: [{ offset: 0, length: 16_384, latencyMs: 1.5 }],
} as const
const refused = failure('E_CONNECT_REFUSED', 'connect', 'refused')

test.each([
  ['connect', connectReport()],
  ['connect', connectReport({ findings: [SPARE_BITS] })],
  ['connect', failedReport(refused, { outcome: 'refused' })],
  ['fetch-block', fetchBlockReport(block)],
  ['fetch-block', fetchBlockReport(null, {}, refused)],
  ['fetch', fetchReport()],
  ['fetch', fetchReport(null, {}, refused)],
  ['metadata', metadataReport()],
  ['metadata', metadataReport(null, {}, refused)],
] as const)(
  'a report of %s keeps to its schema and has no key that the schema does not know',
  (name, report) => {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(closed(PUBLISHED[name]))
    validate(JSON.parse(JSON.stringify(report)))
    expect(validate.errors).toBeNull()
  },
)

/** The schema with no room for unknown keys: published ones are open, so that documents may grow. */
function closed(schema: object | undefined): object {
  const text = JSON.stringify(schema, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value && 'required' in value
      ? { ...value, additionalProperties: false }
      : value,
  )
  return JSON.parse(text) as object
}
