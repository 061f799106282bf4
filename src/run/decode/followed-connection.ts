import type { Role, ObservedConnection } from '../../session/observe/connection.ts'
import type { DissectorMemory } from '../../session/observe/dissector-memory.ts'
import {
  ConnectionObserver,
  type ObservedTorrent,
  type ObserverSink,
} from '../../session/observe/observer.ts'
import type { StreamLoss } from '../../session/observe/stream-dissector.ts'
import type { TraceStep } from '../../trace/transfers.ts'
import { SessionRecord } from '../session/record.ts'

/** Takes the steps of all connections. */
export type TakeStep = (followed: FollowedConnection, step: TraceStep) => void

/** A connection that is followed, and what is known of it besides its streams. */
export class FollowedConnection implements ObserverSink {
  readonly observer: ConnectionObserver
  readonly #take: TakeStep
  /** Events before the first message; empty after it, unless the connection is recorded. */
  before: readonly TraceStep[] = []
  /** Whether a message came: the connection is one of BitTorrent. */
  isBegun = false
  record: SessionRecord | undefined
  lastAt = 0
  losses = 0
  /** Undefined where the number is not known. */
  lostBytes: number | undefined = 0

  /** @param torrent where it is known */
  constructor(
    connection: ObservedConnection,
    take: TakeStep,
    torrent: ObservedTorrent | undefined,
    memory: DissectorMemory,
  ) {
    this.#take = take
    this.observer = new ConnectionObserver(connection, this, torrent, memory)
  }

  step(step: TraceStep): void {
    this.#take(this, step)
  }

  lost(_at: number, _from: Role, { length }: StreamLoss): void {
    this.losses++
    this.lostBytes =
      this.lostBytes === undefined || length === undefined ? undefined : this.lostBytes + length
  }

  /** Whether every message of both sides could be read. */
  get isComplete(): boolean {
    const { lostStreams, connection, isHandshakeHidden } = this.observer
    return this.losses + lostStreams === 0 && connection.isWhole && !isHandshakeHidden
  }

  /** Begins with what came before the first message. */
  recorded(): SessionRecord {
    if (this.record !== undefined) return this.record
    const record = new SessionRecord()
    for (const step of this.before) record.step(step)
    this.record = record
    return record
  }
}
