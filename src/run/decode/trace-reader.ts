import { PeerError } from '../../base/errors.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { MAX_TRACE_LINE, TraceReader } from '../../trace/lines.ts'
import { joinSessions } from '../metadata/join-sessions.ts'
import type { SessionTrace } from '../options.ts'
import { SessionRecord } from '../session/record.ts'
import type { Decoded, InputReader } from './reader.ts'
import { errorOfReport } from './report-error.ts'

/** Reads a trace (`--trace-file`), which gives the report of its session again. */
export class TraceInputReader implements InputReader {
  readonly format = 'trace'
  readonly #trace: SessionTrace | undefined
  readonly #reader = new TraceReader()
  readonly #text = new TextDecoder()
  readonly #sessions: SessionReport[] = []
  #record: SessionRecord | undefined
  #rest = ''
  #lines = 0

  constructor(trace: SessionTrace | undefined) {
    this.#trace = trace
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#text.decode(chunk, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
    // a line without an end would be kept whole
    if (this.#rest.length > MAX_TRACE_LINE) this.#line(this.#rest)
  }

  end(): void {
    const last = this.#rest + this.#text.decode()
    this.#rest = ''
    if (last !== '') this.#line(last)
  }

  result(): Decoded {
    // the trace of a session that was killed has no end
    if (this.#record !== undefined) this.#sessions.push(this.#record.report())
    const report = this.#sessions.length === 0 ? null : this.#sessions.reduce(joinSessions)
    return { capture: null, connection: null, report, stream: null, error: errorOfReport(report) }
  }

  #line(text: string): void {
    this.#lines++
    const event = this.#reader.read(text)
    if (event === undefined) return
    if ('reason' in event && 'line' in event)
      throw new PeerError('E_BAD_CAPTURE', `line ${this.#lines} of the trace: ${event.reason}`)
    this.#trace?.(event)
    this.#record ??= new SessionRecord()
    this.#record.step(event)
    if (event.type !== 'finished') return
    this.#sessions.push(this.#record.report())
    this.#record = undefined
  }
}
