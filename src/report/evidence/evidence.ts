import type { TraceEvent } from '../../trace/event.ts'
import { Ladder } from './ladder.ts'
import { Throughput } from './throughput.ts'

/** What a maintainer asks for first. */
export interface ReportHeader {
  readonly version: string
  /** Such as `Node.js v20.11.0`. */
  readonly runtime: string
  /** Such as `linux x64`. */
  readonly platform: string
  /** When the command started, RFC 3339. */
  readonly startedAt: string
  /** As it was typed, without secrets. */
  readonly commandLine: string
}

/** What a report file shows beside the document. Memory does not grow with the session. */
export class Evidence {
  readonly header: ReportHeader
  readonly ladder = new Ladder()
  readonly throughput = new Throughput()

  constructor(header: ReportHeader) {
    this.header = header
  }

  step(event: TraceEvent): void {
    this.ladder.step(event)
    this.throughput.step(event)
  }
}
