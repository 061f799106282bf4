import type { TraceEvent } from '../trace/event.ts'
import type { ServedView } from './conversation.ts'
import { FINDINGS, type FindingId } from './findings.ts'
import type { FindingDescription } from './rule.ts'
import { type Seen, Watch } from './watch.ts'

/** Something that a client of a seeder did against a BEP, or that its author will want to know. */
export interface Violation {
  /** True for what no BEP forbids: it is reported, and is not a failure. */
  readonly isNote: boolean
  readonly id: FindingId
  /** Counts the messages of the client from 1, its handshake. */
  readonly message: number
  /** Where it is in the stream of the client, in bytes. */
  readonly offset: number
  /** What came and what was expected; text from the client in it is escaped. */
  readonly detail: string
  readonly reference: string
}

/** Watches one client of a seeder and names every violation where it happens. */
export class StrictWatch {
  readonly #watch: Watch
  readonly #served: ServedView
  #messages = 0
  #lastOffset = 0

  constructor(target: Extract<TraceEvent, { readonly type: 'target' }>, served: ServedView) {
    this.#watch = new Watch({ target, served })
    this.#served = served
  }

  step(event: TraceEvent): readonly Violation[] {
    if (event.type === 'received') {
      this.#messages++
      this.#lastOffset = event.offset
    }
    // what is not a message, as a stream that cannot be framed, is the one after the last
    const number = event.type === 'received' ? this.#messages : this.#messages + 1
    const place = event.type === 'received' ? event.offset : 0
    return this.#watch
      .step(event)
      .filter(({ id }) => FINDINGS[id].severity !== 'info')
      .map((seen) => violation(seen, number, place))
  }

  /** Our queue is full, and nothing rejects what is dropped: without the fast extension only we know of it. */
  queueFull(): Violation {
    const detail = `our queue of ${this.#served.queueLength} requests is full, and what comes is dropped: without the fast extension no reject says so`
    const full = violation({ id: 'request-queue-exceeded', detail }, this.#messages, this.#lastOffset)
    // a client that never got our reqq could not keep to it
    return { ...full, isNote: !this.#watch.conversation.extensions }
  }
}

function violation({ id, detail, offset, reference }: Seen, message: number, place: number): Violation {
  const finding: FindingDescription = FINDINGS[id]
  return {
    isNote: finding.isNote === true,
    id,
    message,
    offset: offset ?? place,
    detail,
    reference: reference ?? finding.reference,
  }
}
