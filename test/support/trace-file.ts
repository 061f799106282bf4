import type { TraceEvent } from '../../src/trace/event.ts'
import { TraceReader } from '../../src/trace/lines.ts'

/** The events of a trace as it was written. @throws Error for a line that is not part of one */
export function readTrace(text: string): readonly TraceEvent[] {
  const reader = new TraceReader()
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
  return lines.flatMap((line) => {
    const event = reader.read(line)
    if (event !== undefined && 'reason' in event && 'line' in event)
      throw new Error(`line ${event.line}: ${event.reason}`)
    return event ?? []
  })
}
