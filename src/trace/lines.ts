import { MAX_FRAME_LENGTH } from '../base/limits.ts'
import { schemaViolation } from '../base/schema/check.ts'
import * as s from '../base/schema/schema.ts'
import { type TraceEvent, traceEntry } from './event.ts'
import { type REDACTED, redacted } from './redacted.ts'

// A trace as NDJSON, schema peerwire.trace/1: a line about the trace, then one line per event.

/** The first line of a trace. */
export interface TraceHeader {
  /** Version of the peerwire that wrote it. */
  readonly version: string
  /** When the command started, RFC 3339. */
  readonly startedAt: string
  /** What is replaced in it because of `--redact`; undefined for nothing. */
  readonly redacted?: readonly (typeof REDACTED)[number][] | undefined
}

/** Why a line is not part of a trace; `line` counts from 1. */
export interface TraceLineDefect {
  readonly line: number
  readonly reason: string
}

const SCHEMA = 'peerwire.trace/1'

/** The schema of a line. */
export const traceLine: s.Schema = s.anyOf([
  s.partialObject(
    {
      schema: s.literal(SCHEMA),
      version: s.described(s.text, 'of peerwire'),
      startedAt: s.described(s.text, 'when the command started, RFC 3339'),
    },
    { redacted },
  ),
  ...(traceEntry.anyOf ?? []).map((entry) => ({
    ...entry,
    properties: {
      seq: s.described(s.count, 'number of the event, from 1; a gap shows that some are missing'),
      at: s.described(s.milliseconds, 'since the start of the command; never goes back'),
      connection: s.described(s.count, 'in a trace of `serve`: which connection it is about, from 1'),
      ...entry.properties,
    },
    required: ['seq', 'at', ...(entry.required ?? [])],
  })),
])

/** Maximum length of a line, in characters: the largest bitfield or extension handshake as hex, and the rest of its event. */
export const MAX_TRACE_LINE = 2 * MAX_FRAME_LENGTH + 4096

/** The first line, with its newline. */
export function encodeTraceHeader({ version, startedAt, redacted }: TraceHeader): string {
  return `${JSON.stringify({ schema: SCHEMA, version, startedAt, redacted })}\n`
}

/**
 * One event as a line, with its newline. All characters outside ASCII are escaped, so that the line is safe in a terminal.
 * @param seq number of the event, from 1; a gap shows that lines are missing
 */
export function encodeTraceEvent(event: TraceEvent, seq: number): string {
  const { at, connection, ...entry } = event
  const text = JSON.stringify({ seq, at: Math.round(at * 1000) / 1000, connection, ...entry })
  return `${text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** Reads a trace line by line. Its memory use does not grow with the trace. */
export class TraceReader {
  #line = 0
  #seq = 0
  #at = 0
  #header: TraceHeader | undefined

  get header(): TraceHeader | undefined {
    return this.#header
  }

  /**
   * Takes the next line, without its newline.
   * @returns the event, undefined for the first line, or why the line is not part of a trace
   */
  read(text: string): TraceEvent | TraceLineDefect | undefined {
    const line = ++this.#line
    const fail = (reason: string): TraceLineDefect => ({ line, reason })
    if (text.length > MAX_TRACE_LINE) return fail(`longer than ${MAX_TRACE_LINE} characters`)
    const value = parse(text)
    if (value === undefined) return fail('not a JSON object')
    if (line === 1) {
      if (value['schema'] !== SCHEMA) return fail(`not a trace: its schema is not ${SCHEMA}`)
      const { version, startedAt } = value
      if (typeof version !== 'string' || typeof startedAt !== 'string')
        return fail('version or startedAt is missing')
      const replaced = schemaViolation(redacted, value['redacted'])
      this.#header = {
        version,
        startedAt,
        ...(replaced === undefined && { redacted: value['redacted'] as TraceHeader['redacted'] }),
      }
      return undefined
    }
    const { seq, at, connection, ...entry } = value
    if (seq !== this.#seq + 1) return fail(`event ${this.#seq + 1} is missing`)
    if (typeof at !== 'number' || at < this.#at) return fail('at: expected a time that does not go back')
    if (connection !== undefined && schemaViolation(s.count, connection) !== undefined)
      return fail('connection: expected a number')
    const violation = schemaViolation(traceEntry, entry)
    if (violation !== undefined) return fail(violation)
    this.#seq++
    this.#at = at
    return { at, ...(connection !== undefined && { connection }), ...entry } as TraceEvent
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
