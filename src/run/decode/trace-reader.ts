import { PeerError } from '../../base/errors.ts'
import { ObservationFold } from '../../diagnose/cause/observe.ts'
import type { SessionReport } from '../../report/model/session.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { MAX_TRACE_LINE, TraceReader } from '../../trace/lines.ts'
import { joinSessions } from '../metadata/join-sessions.ts'
import { SessionRecord } from '../session/record.ts'
import { sessionReport } from '../session/report.ts'
import type { DecodeOptions } from './options.ts'
import { type Decoded, type InputReader, NOTHING } from './reader.ts'
import { type Investigation, investigationOf } from './investigation.ts'
import { errorOfReport, peerError } from './report-error.ts'
import { TraceRewriter } from './rewrite/trace-rewriter.ts'
import { ServedTrace } from './served-trace.ts'

/** Reads a trace (`--trace-file`), which gives the report of its session again, or those of the peers of a seeder. */
export class TraceInputReader implements InputReader {
  readonly format = 'trace'
  readonly #options: DecodeOptions
  readonly #reader = new TraceReader()
  readonly #text = new TextDecoder()
  readonly #sessions: SessionReport[] = []
  #record: SessionRecord | undefined
  /** What was seen of each probe, if the trace says what they were made to learn. */
  #probes: ObservationFold | undefined
  #investigation: Investigation | undefined
  #target: Extract<TraceEvent, { readonly type: 'target' }> | undefined
  /** Of the trace of a seeder. */
  #served: ServedTrace | undefined
  #rewriter: TraceRewriter | undefined
  #rest = ''
  #lines = 0

  constructor(options: DecodeOptions) {
    this.#options = options
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

  /** @throws PeerError E_USAGE when the chosen connection is not in the trace of a seeder */
  result(): Decoded {
    this.#rewriter?.end()
    if (this.#served !== undefined) return { ...NOTHING, served: this.#served.result() }
    // the trace of a session that was killed has no end
    if (this.#record !== undefined) this.#conclude(this.#record)
    const report = this.#sessions.length === 0 ? null : this.#sessions.reduce(joinSessions)
    if (report === null || this.#investigation === undefined)
      return { ...NOTHING, report, error: errorOfReport(report) }
    const { causes, error } = this.#investigation
    return { ...NOTHING, report: { ...report, causes }, error: peerError(error) }
  }

  #newProbes(): ObservationFold {
    const probes = new ObservationFold()
    if (this.#target !== undefined) probes.step(this.#target)
    return probes
  }

  #conclude(record: SessionRecord): void {
    const session = sessionReport(record)
    this.#sessions.push(session)
    if (this.#probes !== undefined)
      this.#investigation = investigationOf(this.#probes.observations, session.attempts)
  }

  /** The connections of the trace that match. */
  #rewrite(event: TraceEvent): void {
    const { rewrite } = this.#options
    if (rewrite === undefined) return
    this.#rewriter ??= new TraceRewriter(
      rewrite,
      this.#reader.header?.startedAt ?? '',
      () => this.#served?.view,
    )
    if (event.connection === undefined || this.#served?.follows(event) === true) this.#rewriter.event(event)
  }

  #line(text: string): void {
    this.#lines++
    const event = this.#reader.read(text)
    if (event === undefined) return
    if ('reason' in event && 'line' in event)
      throw new PeerError('E_BAD_CAPTURE', `line ${this.#lines} of the trace: ${event.reason}`, {
        hint: 'get the whole file; the lines before this one are decoded',
      })
    this.#rewrite(event)
    if (event.type === 'serving' && this.#target !== undefined && event.connection === undefined)
      this.#served = new ServedTrace(this.#target, event, this.#options)
    if (this.#served !== undefined) {
      this.#served.step(event)
      return
    }
    if (event.type === 'target') this.#target = event
    if (event.type === 'probe') this.#probes ??= this.#newProbes()
    this.#probes?.step(event)
    this.#options.trace?.(event)
    this.#record ??= new SessionRecord()
    this.#record.step(event)
    if (event.type !== 'finished') return
    this.#conclude(this.#record)
    this.#record = undefined
  }
}
