import type { TraceEvent } from '../../trace/event.ts'
import type { EventRedactor } from './event.ts'

/** Replaces the events of the connections of a seeder, each of which has a conversation of its own. */
export class ServedEventRedactor {
  readonly #session: () => EventRedactor
  readonly #open = new Map<number, EventRedactor>()

  /** @param session makes the redactor of one connection */
  constructor(session: () => EventRedactor) {
    this.#session = session
  }

  events(event: TraceEvent, connection: number): readonly TraceEvent[] {
    const redactor = this.#open.get(connection) ?? this.#session()
    if (event.type === 'ended') this.#open.delete(connection)
    else this.#open.set(connection, redactor)
    return redactor.events(event).map((redacted) => ({ ...redacted, connection }))
  }
}
