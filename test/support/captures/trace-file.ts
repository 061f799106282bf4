import type { TraceEvent } from '../../../src/trace/event.ts'
import { TraceReader } from '../../../src/trace/lines.ts'

/** Reads the events of a written trace. @throws Error for a line that is not part of one */
export function* traceEvents(text: string): Generator<TraceEvent> {
  const reader = new TraceReader()
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
  for (const line of lines) {
    const event = reader.read(line)
    if (event === undefined) continue
    if ('reason' in event && 'line' in event) throw new Error(`line ${event.line}: ${event.reason}`)
    yield event
  }
}

/** All events of a written trace. */
export function readTrace(text: string): readonly TraceEvent[] {
  return [...traceEvents(text)]
}
