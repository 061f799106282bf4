import type { StreamRedactor } from '../../../report/redact/stream.ts'
import type { ConnectionWriter } from '../../../session/capture/capture-writer.ts'
import type { Side } from '../../../session/capture/frame-writer.ts'
import type { ConnectionSink, Role } from '../../../session/observe/connection.ts'
import type { ConnectionObserver } from '../../../session/observe/observer.ts'
import type { StreamSink } from '../../../session/observe/stream-sink.ts'
import type { TraceStep } from '../../../trace/transfers.ts'
import { FindingRemarks, type Remark } from '../../capture/finding-remarks.ts'
import { CleanStream, type CleanSink } from './clean-stream.ts'

/** The initiator is written as if it had written the capture. */
const SIDES: Readonly<Record<Role, Side>> = { initiator: 'local', responder: 'remote' }

/** What one connection is written with. */
export interface RewrittenWith {
  readonly writer: ConnectionWriter
  /** Of each side; undefined to write the bytes as they are. */
  readonly redactors: Readonly<Record<Side, StreamRedactor>> | undefined
  readonly isWhole: boolean
  /** Replaces what a remark names. */
  readonly text: (text: string) => string
  /** The time of day at a time of the connection; never goes back. */
  readonly time: (at: number) => number
}

/** Passes a connection of a capture on to what observes it, and then writes what it carried. */
export class RewrittenConnection implements ConnectionSink {
  readonly streams: Readonly<Record<Role, RewrittenStream>>
  readonly #observer: ConnectionObserver
  readonly #with: RewrittenWith
  /** From the first step on, which is about the torrent where that is known. */
  #remarks: FindingRemarks | undefined
  #isClosed = false

  constructor(observer: ConnectionObserver, how: RewrittenWith) {
    this.#observer = observer
    this.#with = how
    const stream = (role: Role) =>
      new RewrittenStream(role, observer.streams[role], how, (at) => {
        // the first FIN closes the connection, and what is found then is remarked on it
        if (this.#isClosed) how.writer.fin(how.time(at), SIDES[role])
      })
    this.streams = { initiator: stream('initiator'), responder: stream('responder') }
  }

  accepted(at: number): void {
    this.#observer.accepted(at)
    // where the begin is not in the capture, nobody saw who asked whom
    if (this.#with.isWhole) this.#with.writer.accepted(this.#with.time(at))
  }

  commented(at: number, text: string): void {
    const { clearTextOf } = this.#observer
    this.#observer.commented(at, text)
    const encryption = this.#observer.clearTextOf
    if (clearTextOf === undefined && encryption !== undefined) this.#with.writer.encrypted(encryption)
  }

  /** Takes what the observer finds out. @param isComplete whether no message is missing so far */
  step(step: TraceStep, isComplete: boolean): void {
    this.#remarks ??= new FindingRemarks({ target: step.type === 'target' ? step : undefined })
    if (!isComplete) this.#remarks.giveUp()
    this.#remark(this.#remarks.step(step))
  }

  closed(at: number, by: Role | null, kind: 'fin' | 'rst' | null): void {
    const { writer, time } = this.#with
    this.#observer.closed(at, by, kind)
    this.#remark(this.#remarks?.end() ?? [])
    this.#isClosed = true
    if (by !== null && kind === 'fin') {
      writer.fin(time(at), SIDES[by])
      return
    }
    for (const stream of Object.values(this.streams)) stream.end(at)
    writer.closed(time(at), { by: by === 'initiator' ? 'us' : 'peer', kind })
  }

  #remark(remarks: readonly Remark[]): void {
    const { writer, text } = this.#with
    for (const remark of remarks) writer.remark('remote', remark.offset, text(remark.text))
  }
}

/** One direction, redacted if asked for. */
class RewrittenStream implements StreamSink {
  readonly #observed: StreamSink
  readonly #side: Side
  readonly #with: RewrittenWith
  readonly #clean: CleanStream | undefined
  readonly #onFin: (at: number) => void
  #at = 0

  constructor(role: Role, observed: StreamSink, how: RewrittenWith, onFin: (at: number) => void) {
    const { redactors, isWhole } = how
    this.#observed = observed
    this.#side = SIDES[role]
    this.#with = how
    this.#onFin = onFin
    const sink: CleanSink = { bytes: (bytes) => this.#write(bytes), gap: (length) => this.#gap(length) }
    this.#clean = redactors && new CleanStream(redactors[this.#side], isWhole, sink)
  }

  bytes(at: number, bytes: Uint8Array): void {
    this.#at = at
    this.#observed.bytes(at, bytes)
    if (this.#clean === undefined) this.#write(bytes)
    else this.#clean.push(bytes)
  }

  gap(at: number, length: number | undefined): void {
    this.#at = at
    this.#observed.gap(at, length)
    if (this.#clean === undefined) this.#gap(length)
    else this.#clean.gap(length)
  }

  fin(at: number): void {
    this.#observed.fin(at)
    this.end(at)
    this.#onFin(at)
  }

  /** Writes what is held back: nothing follows. */
  end(at: number): void {
    this.#at = at
    this.#clean?.end()
  }

  #write(bytes: Uint8Array): void {
    this.#with.writer.data(this.#with.time(this.#at), this.#side, bytes)
  }

  #gap(length: number | undefined): void {
    this.#with.writer.gap(this.#with.time(this.#at), this.#side, length)
  }
}
