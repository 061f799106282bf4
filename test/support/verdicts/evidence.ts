import { concat } from '../../../src/base/bytes.ts'
import type { Dial, Transport } from '../../../src/net/transport.ts'
import type { ErrorReport } from '../../../src/report/model/envelope.ts'
import type { AttemptReport, SessionReport } from '../../../src/report/model/session.ts'
import type { SessionOptions, SessionTrace } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import type { TraceEvent, TraceMessage } from '../../../src/trace/event.ts'
import { wrapSink } from '../transports/wrapped-transport.ts'

/** What every report of a session with one peer has. */
export type Report = SessionReport & {
  readonly ok: boolean
  readonly error: ErrorReport | null
  readonly verdict: string
}

/** One connection as it was recorded: the raw bytes on the wire, and the events of the trace. */
export interface Connection {
  /** What the peer sent, as it came: encrypted when the wire was. The first 4 KiB. */
  readonly bytes: Uint8Array
  readonly events: readonly TraceEvent[]
}

/** A report, and what was recorded beside it. */
export interface Watched<R extends Report = Report> {
  readonly report: R
  /** The whole trace. */
  readonly events: readonly TraceEvent[]
  readonly connections: readonly Connection[]
}

/** Runs a command, and records every connection that it makes. */
export async function watch<Options extends SessionOptions, P extends Ports, R extends Report>(
  command: (options: Options, ports: P) => Promise<R>,
  options: Options,
  ports: P,
): Promise<Watched<R>> {
  const events: TraceEvent[] = []
  const taps: Uint8Array[][] = []
  const dial: Dial = async (to, how) => {
    const transport = await ports.dial(to, how)
    const chunks: Uint8Array[] = []
    taps.push(chunks)
    return tapped(transport, chunks)
  }
  const trace: SessionTrace = (event) => {
    events.push(event)
    options.trace?.(event)
  }
  const report = await command({ ...options, trace }, { ...ports, dial })
  return {
    report,
    events,
    connections: taps.map((chunks, i) => ({ bytes: concat(chunks), events: partOf(events, i) })),
  }
}

/** The events of the connection with that number. */
function partOf(events: readonly TraceEvent[], number: number): readonly TraceEvent[] {
  const starts = events.flatMap(({ type }, i) => (type === 'connected' ? [i] : []))
  return events.slice(starts[number], starts[number + 1])
}

const MAX_TAPPED = 4096

function tapped(transport: Transport, chunks: Uint8Array[]): Transport {
  let length = 0
  return wrapSink(transport, (sink) => ({
    bytes: (chunk) => {
      // the chunk is borrowed, and decrypted where it is
      if (length < MAX_TAPPED) chunks.push(new Uint8Array(chunk))
      length += chunk.length
      sink.bytes(chunk)
    },
    drained: () => sink.drained(),
    closed: (end) => sink.closed(end),
  }))
}

/** What a sentence is held against: the attempt that it is about, and how its connection was recorded. */
export class Evidence {
  readonly report: Report
  readonly attempt: AttemptReport | undefined
  readonly events: readonly TraceEvent[]
  /** What the peer sent, raw; empty without a connection. */
  readonly bytes: Uint8Array
  /** The attempts that the sentence is about: this one, or all. */
  readonly attempts: readonly AttemptReport[]

  constructor(
    report: Report,
    attempt: AttemptReport | undefined,
    connection: Connection | undefined,
    attempts: readonly AttemptReport[],
  ) {
    this.report = report
    this.attempt = attempt
    this.attempts = attempts
    this.events = connection?.events ?? []
    this.bytes = connection?.bytes ?? new Uint8Array()
  }

  get isConnected(): boolean {
    return this.events.length > 0
  }

  get end(): Extract<TraceEvent, { readonly type: 'closed' }> | undefined {
    return this.events.find((event) => event.type === 'closed')
  }

  /** Bytes that came over the connection by its end. */
  get came(): number {
    return this.end?.bytesReceived ?? this.bytes.length
  }

  get handshake() {
    for (const event of this.events)
      if (event.type === 'received' && event.what === 'handshake') return event.handshake
    return undefined
  }

  get localHandshake() {
    for (const event of this.events)
      if (event.type === 'sent' && event.what === 'handshake') return event.handshake
    return undefined
  }

  /** Whether MSE came to this step. */
  step(name: Extract<TraceEvent, { readonly type: 'encryption' }>['step']): boolean {
    return this.events.some((event) => event.type === 'encryption' && event.step === name)
  }

  messages(
    direction: 'sent' | 'received',
  ): readonly (TraceMessage & { readonly at: number; readonly offset: number })[] {
    return this.events.flatMap((event) =>
      event.type === direction && event.what === 'message'
        ? [{ ...event.message, at: event.at, offset: event.offset }]
        : [],
    )
  }

  received(...types: readonly TraceMessage['type'][]): boolean {
    return this.messages('received').some(({ type }) => types.includes(type))
  }

  sent(...types: readonly TraceMessage['type'][]): boolean {
    return this.messages('sent').some(({ type }) => types.includes(type))
  }

  /** How long the connection lasted, in milliseconds, with the time that this process did not run. */
  get lasted(): number {
    const [first] = this.events
    const last = this.events.at(-1)
    if (first === undefined || last === undefined) return 0
    const absent = this.events.map((event) => (event.type === 'suspended' ? event.durationMs : 0))
    return absent.reduce((sum, ms) => sum + ms, last.at - first.at)
  }
}
