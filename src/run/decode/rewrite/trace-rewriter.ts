import { fromHex } from '../../../base/bytes.ts'
import { MAX_FRAME_LENGTH } from '../../../base/limits.ts'
import type { ServedView } from '../../../diagnose/conversation.ts'
import {
  type CaptureOrigin,
  CaptureWriter,
  type ConnectionWriter,
} from '../../../session/capture/capture-writer.ts'
import type { Side } from '../../../session/capture/frame-writer.ts'
import type { TraceEvent } from '../../../trace/event.ts'
import { PREFIX_LENGTH } from '../../../wire/message/length-prefix.ts'
import { FindingRemarks, type Remark } from '../../capture/finding-remarks.ts'
import { originOf, type RewriteOptions } from './options.ts'
import { tracedBytes } from './traced-bytes.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

const FROM_TRACE: CaptureOrigin = {
  comment:
    'Written by peerwire from a trace. A trace has the messages and their times, but neither packets nor the data of blocks and metadata: the frames are made up, and that data is zeros. Where the wire was encrypted, the clear text is here, and a comment on a packet says so.',
  source: 'a trace of peerwire',
}

/** A trace can claim any length. What is longer than a message can be is a gap, in bytes. */
const MAX_WRITTEN = PREFIX_LENGTH + MAX_FRAME_LENGTH

const SIDES = { sent: 'local', received: 'remote' } as const

interface TracedConnection {
  readonly writer: ConnectionWriter
  readonly remarks: FindingRemarks
  /** Bytes of each side that are written. */
  readonly written: Record<Side, number>
  /** How it was closed. What is found at the end depends on an event after that. */
  closed: { readonly at: number; readonly how: Of<'closed'> } | undefined
}

/** Writes the connections of a trace as a capture. */
export class TraceRewriter {
  readonly #writer: CaptureWriter
  readonly #epochMs: number
  readonly #events: (event: TraceEvent) => readonly TraceEvent[]
  readonly #served: () => ServedView | undefined
  /** By their numbers in the trace of a seeder; other traces have one after the other. */
  readonly #open = new Map<number, TracedConnection>()
  #target: Of<'target'> | undefined
  #lastAt = 0

  /**
   * @param startedAt when the trace began, RFC 3339
   * @param served what a seeder served; undefined in the trace of a session
   */
  constructor(options: RewriteOptions, startedAt: string, served: () => ServedView | undefined) {
    this.#writer = new CaptureWriter(options.write, originOf(FROM_TRACE, options))
    const parsed = Date.parse(startedAt)
    this.#epochMs = Number.isNaN(parsed) ? 0 : parsed
    const redacted = options.redactor?.trace()
    this.#events = (event) => redacted?.events(event) ?? [event]
    this.#served = served
  }

  event(original: TraceEvent): void {
    for (const event of this.#events(original)) this.#take(event)
  }

  /** Nothing follows. */
  end(): void {
    for (const number of [...this.#open.keys()]) this.#end(number)
    this.#writer.end(this.#lastAt)
  }

  #take(event: TraceEvent): void {
    const at = this.#epochMs + event.at
    this.#lastAt = at
    const number = event.connection ?? 0
    if (event.type === 'target') this.#target = event
    if (event.type === 'connected') this.#connected(number, at, event)
    if (event.type === 'ended') this.#end(number)
    const connection = this.#open.get(number)
    if (connection === undefined) return
    this.#remark(connection, connection.remarks.step(event))
    switch (event.type) {
      case 'encryption':
        if (event.encryption !== undefined) connection.writer.encrypted(event.encryption)
        return
      case 'raw': {
        const side = SIDES[event.direction]
        const known = event.bytes.length / 2
        this.#write(connection, at, side, event.offset, fromHex(event.bytes))
        if (event.length <= known || event.length > MAX_WRITTEN) return
        return this.#write(connection, at, side, event.offset + known, new Uint8Array(event.length - known))
      }
      case 'sent':
      case 'received':
        // the gap is written with what follows
        if (event.length > MAX_WRITTEN) return
        return this.#write(connection, at, SIDES[event.type], event.offset, tracedBytes(event))
      case 'closed':
        connection.closed = { at, how: event }
        return
      default:
    }
  }

  #connected(number: number, at: number, { transport, local, remote, dialled }: Of<'connected'>): void {
    const ends = { local: endOf(local), remote: endOf(remote) }
    this.#end(number)
    const served = this.#served()
    const initiator = served === undefined || dialled === true ? 'local' : 'remote'
    const writer = this.#writer.open(at, {
      transport: transport === 'utp' ? 'utp' : 'tcp',
      ends,
      initiator,
    })
    const remarks = new FindingRemarks({ target: this.#target, served })
    this.#open.set(number, { writer, remarks, written: { local: 0, remote: 0 }, closed: undefined })
  }

  #end(number: number): void {
    const connection = this.#open.get(number)
    if (connection === undefined) return
    this.#open.delete(number)
    this.#remark(connection, connection.remarks.end())
    const { closed, writer } = connection
    if (closed !== undefined) writer.closed(closed.at, closed.how)
  }

  /** What was written before, as the first bytes of a probe, is not written again. */
  #write(
    { writer, written }: TracedConnection,
    at: number,
    side: Side,
    offset: number,
    bytes: Uint8Array,
  ): void {
    const known = written[side] - offset
    if (known >= bytes.length) return
    if (known < 0) writer.gap(at, side, -known)
    writer.data(at, side, bytes.subarray(Math.max(0, known)))
    written[side] = offset + bytes.length
  }

  #remark({ writer }: TracedConnection, remarks: readonly Remark[]): void {
    for (const { offset, text } of remarks) writer.remark('remote', offset, text)
  }
}

/** From `HOST:PORT`, IPv6 in brackets. */
function endOf(text: string): { readonly address: string; readonly port: number } {
  const [, bracketed, plain = '', port = '0'] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  return { address: bracketed ?? plain, port: Number(port) }
}
