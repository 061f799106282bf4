import { PeerError } from '../base/errors.ts'
import { escapeText } from './escape.ts'
import { concludeReport } from './exit-code.ts'
import type { ErrorReport } from './model/envelope.ts'
import type { ExpectationReport, FindingReport } from './model/session.ts'
import type { JsonValue } from '../base/schema/json-value.ts'
import { schemasAt, typesOf } from './schema-path.ts'
import type { Schema } from '../base/schema/schema.ts'

const OPERATORS = ['!=', '<=', '>=', '=', '<', '>', '~'] as const
type Operator = (typeof OPERATORS)[number]

/** One `--expect`, parsed and checked against the schema of its document. */
export interface Expectation {
  /** As the user wrote it. */
  readonly expression: string
  readonly negated: boolean
  /** Keys from the top of the document. */
  readonly path: readonly string[]
  /** Undefined for a bare path, which expects a value that is present and truthy. */
  readonly condition: { readonly operator: Operator; readonly value: string } | undefined
}

/** Maximum length of an expression, in characters. */
const MAX_EXPRESSION = 1024

/**
 * Parses an expectation: `path`, `!path`, or `path OPERATOR value`. The path is dotted keys into the document (a number for
 * an element of a list); everything after the operator is the value.
 *
 * @param schema of the document that it will be checked against
 * @throws PeerError E_BAD_EXPECTATION when it is invalid, names a path that the document cannot have, or compares types that
 *   can never match, so that a typo never passes
 */
export function parseExpectation(expression: string, schema: Schema): Expectation {
  const match = /^\s*(!?)\s*([^=!<>~\s]+)\s*(?:(!=|<=|>=|=|<|>|~)(.*))?$/su.exec(expression)
  if (match === null || expression.length > MAX_EXPRESSION) {
    throw bad(`"${escapeText(expression, 60)}" is not an expectation`)
  }
  const [, bang, dotted = '', operator, rest = ''] = match
  const path = dotted.split('.')
  const condition =
    operator === undefined ? undefined : { operator: operator as Operator, value: rest.trim() }
  const expectation = { expression, negated: bang === '!', path, condition }
  checkExpectation(
    expectation,
    schemasAt(schema, path, (problem) => bad(problem)),
  )
  return expectation
}

/**
 * Checks a report against its expectations: the same report with the outcomes, and `ok`, `exitCode`, `error` and `verdict` updated.
 * @param verdictOf the verdict of the updated report
 */
export function withExpectations<
  R extends { readonly error: ErrorReport | null; readonly findings?: readonly FindingReport[] },
>(report: R, expectations: readonly Expectation[], verdictOf: (report: R) => string): R {
  if (expectations.length === 0) return report
  const results = expectations.map((expectation) => evaluate(report, expectation))
  const checked = {
    ...report,
    expectations: results,
    ...concludeReport(report.error, report.findings ?? [], results),
  }
  return { ...checked, verdict: verdictOf(checked) }
}

/** Whether a document meets an expectation. */
export function evaluate(document: object, expectation: Expectation): ExpectationReport {
  const actual = valueAt(document as JsonValue, expectation.path)
  const { condition, negated, expression } = expectation
  const holds = condition === undefined ? Boolean(actual) : compare(actual, condition)
  const wanted = condition === undefined ? 'present' : `${condition.operator} ${condition.value}`
  return { expression, held: holds !== negated, expected: negated ? `not ${wanted}` : wanted, actual }
}

function checkExpectation({ condition, path }: Expectation, schemas: readonly Schema[]): void {
  if (condition === undefined) return
  const { operator, value } = condition
  const name = path.join('.')
  const types = typesOf(schemas)
  if (value.startsWith('=')) throw bad(`"${name}": write "=", not "=="`)
  if (value === '') throw bad(`"${name}${operator}" has no value to compare with`)
  if (operator === '~') {
    if (!types.has('array') && !types.has('string'))
      throw bad(`"~" needs a list or a text, but ${name} is neither`)
    if (!isRegularExpression(value)) throw bad(`"${escapeText(value, 60)}" is not a regular expression`)
    return
  }
  const ordering = operator !== '=' && operator !== '!='
  if (ordering && !types.has('number')) throw bad(`"${operator}" needs a number, but ${name} is not a number`)
  const wantsNumber = ordering || (types.has('number') && !types.has('string'))
  if (wantsNumber && !isNumber(value) && (ordering || value !== 'null')) {
    throw bad(`${name} is a number, but "${escapeText(value, 60)}" is not`)
  }
  checkWord(name, value, schemas)
}

function checkWord(name: string, value: string, schemas: readonly Schema[]): void {
  const words = schemas.flatMap((schema) => schema.enum ?? [])
  const closed = words.length > 0 && schemas.every((schema) => schema.enum !== undefined)
  if (!closed || value === 'null' || words.some((word) => String(word) === value)) return
  const known = words.filter((word) => word !== null)
  const listed = known.length > 12 ? '' : `; it is one of ${known.join(', ')}`
  throw bad(`${name} is never "${escapeText(value, 60)}"${listed}`)
}

function compare(
  actual: JsonValue,
  { operator, value }: { readonly operator: Operator; readonly value: string },
): boolean {
  const plain = plainValue(actual)
  switch (operator) {
    case '=':
      return equals(plain, value)
    case '!=':
      return !equals(plain, value)
    case '<':
      return typeof plain === 'number' && plain < Number(value)
    case '<=':
      return typeof plain === 'number' && plain <= Number(value)
    case '>':
      return typeof plain === 'number' && plain > Number(value)
    case '>=':
      return typeof plain === 'number' && plain >= Number(value)
    case '~':
      return Array.isArray(plain)
        ? plain.some((member: JsonValue) => equals(plainValue(member), value))
        : typeof plain === 'string' && new RegExp(value, 'u').test(plain)
  }
}

function equals(actual: JsonValue, value: string): boolean {
  if (typeof actual === 'number') return isNumber(value) && actual === Number(value)
  if (typeof actual === 'object' && actual !== null) return JSON.stringify(actual) === value
  return String(actual) === value
}

/** A byte string that is not plain text is compared by its text or its hex. */
export function plainValue(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { text, hex } = value as { readonly [key: string]: JsonValue }
  return text ?? hex ?? value
}

/** The value at a path. A missing key on the way gives null, like any unknown value. */
export function valueAt(document: JsonValue, path: readonly string[]): JsonValue {
  const [key, ...rest] = path
  if (key === undefined) return document
  if (typeof document !== 'object' || document === null) return null
  // a key that a peer chose can contain dots
  const whole = ownMember(document, path.join('.'))
  if (whole !== undefined) return whole
  const member = ownMember(document, key)
  return member === undefined ? null : valueAt(member, rest)
}

function ownMember(value: object, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? (value as { readonly [key: string]: JsonValue })[key] : undefined
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

function bad(message: string): PeerError {
  return new PeerError('E_BAD_EXPECTATION', message, {
    hint: 'use PATH OPERATOR VALUE with = != < <= > >= ~, as in availability.percent>=100',
  })
}
