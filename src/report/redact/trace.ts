import type { TraceEvent } from '../../trace/event.ts'
import type { EventRedactor } from './event.ts'
import { ServedEventRedactor } from './served-event.ts'

/** Replaces the events of one trace, of a session or of a seeder. */
export class TraceRedactor {
  readonly #session: EventRedactor
  readonly #served: ServedEventRedactor

  /** @param session makes the redactor of a conversation */
  constructor(session: () => EventRedactor) {
    this.#session = session()
    this.#served = new ServedEventRedactor(session)
  }

  /** @returns the events that take the place of this one */
  events(event: TraceEvent): readonly TraceEvent[] {
    const { connection } = event
    return connection === undefined ? this.#session.events(event) : this.#served.events(event, connection)
  }
}
