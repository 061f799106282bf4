import {
  connect,
  diagnose,
  encodeTraceEvent,
  encodeTraceHeader,
  TraceReader,
  VERSION,
  type Finding,
  type TraceEvent,
} from 'peerwire'

/** Records a session as NDJSON, one line per event. */
export async function recordTrace(host: string, port: number, infoHash: string): Promise<string> {
  const lines = [encodeTraceHeader({ version: VERSION, startedAt: new Date().toISOString() })]
  await connect({
    host,
    port,
    infoHash,
    trace: (event) => lines.push(encodeTraceEvent(event, lines.length)),
  })
  return lines.join('')
}

/** What a recorded session shows about the peer. */
export function diagnoseTrace(text: string): readonly Finding[] {
  const reader = new TraceReader()
  const events: TraceEvent[] = []
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const event = reader.read(line)
    if (event === undefined) continue
    if ('reason' in event && 'line' in event) throw new Error(`line ${event.line}: ${event.reason}`)
    events.push(event)
  }
  return diagnose(events)
}
