import { toHex } from '../../base/bytes.ts'
import type { StrictWatch, Violation } from '../../diagnose/strict.ts'
import type { SeederEvent } from '../../net/seeder/options.ts'
import { renderEndpoint } from '../../wire/address.ts'
import type { ViolationReport, ServedPeerReport } from '../../report/model/serve.ts'
import type { ServedPeerState } from '../../report/model/serve-event.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import { traceSessionEvent } from '../../session/peer/trace.ts'
import { decodePeerId, describePeerId } from '../../wire/peer-id/peer-id.ts'
import type { ServedPeerProgress } from '../../report/model/serve-event.ts'
import type { ServeEvent } from '../../report/model/serve-event.ts'
import { round } from '../../base/round.ts'
import { errorReport } from '../../report/error-report.ts'
import type { ReportRoom } from './report-room.ts'

type Connected = Extract<SeederEvent, { readonly type: 'connected' }>
type Refused = Extract<SeederEvent, { readonly type: 'request-refused' }>
type Closed = Extract<SeederEvent, { readonly type: 'closed' }>

/** An event without its time, which `ServeLog` adds. */
export type UntimedEvent = ServeEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'atMs'>
    : never
  : never

/** Limit for the violations, and for the notes, that we emit and keep per peer; further violations are only counted. */
const MAX_VIOLATIONS = 100

const EXTENSION_NAMES = {
  received: (id: number) => (id === UT_METADATA_ID ? 'ut_metadata' : undefined),
  sent: () => undefined,
}

/** Follows one peer of a seeder, from its connection to its report. Memory is bounded. */
export class ServedPeerLog {
  readonly #connected: Connected
  readonly #remote: string
  readonly #transport: 'tcp' | 'utp'
  readonly #judge: StrictWatch | undefined
  readonly #emit: (event: UntimedEvent) => void
  readonly #room: ReportRoom
  readonly #violations: ViolationReport[] = []
  readonly #notes: ViolationReport[] = []
  #violationCount = 0
  #noteCount = 0
  #handshake: { readonly peerIdHex: string; readonly client: string | null } | undefined
  #interested = false
  #choked = true
  #requests = 0
  #uploaded = 0
  #uploadedBefore = 0

  /**
   * @param judge only in strict mode
   * @param room shared by all peers
   */
  constructor(
    connected: Connected,
    judge: StrictWatch | undefined,
    room: ReportRoom,
    emit: (event: UntimedEvent) => void,
  ) {
    const { peer, dialled, transport } = connected
    this.#connected = connected
    this.#remote = renderEndpoint(transport.remote)
    this.#transport = transport.kind === 'utp' ? 'utp' : 'tcp'
    this.#judge = judge
    this.#room = room
    this.#emit = emit
    const { encryption } = transport
    emit({ type: 'connected', peer, remote: this.#remote, transport: this.#transport, encryption, dialled })
  }

  get hasShakenHands(): boolean {
    return this.#handshake !== undefined
  }

  get violationCount(): number {
    return this.#violationCount
  }

  /** Bytes of blocks. */
  get uploaded(): number {
    return this.#uploaded
  }

  /** To be called once a second. */
  progress(): ServedPeerProgress {
    const bytesPerSecond = this.#uploaded - this.#uploadedBefore
    this.#uploadedBefore = this.#uploaded
    return {
      peer: this.#connected.peer,
      remote: this.#remote,
      client: this.#handshake?.client ?? null,
      state: this.#state,
      uploaded: this.#uploaded,
      bytesPerSecond,
      violationCount: this.#violationCount,
    }
  }

  get #state(): ServedPeerState {
    if (this.#handshake === undefined) return 'handshake'
    if (!this.#interested) return 'idle'
    return this.#choked ? 'waiting' : 'served'
  }

  session(event: SessionEvent): void {
    if (this.#judge !== undefined) this.#judgeEvent(this.#judge, event)
    switch (event.type) {
      case 'handshake-received': {
        const peerId = decodePeerId(event.handshake.peerId)
        const name = peerId.client === null ? null : describePeerId(peerId)
        this.#handshake = { peerIdHex: toHex(event.handshake.peerId), client: name }
        this.#emit({ type: 'handshake', peer: this.#connected.peer, client: name })
        return
      }
      case 'sent':
        this.#sent(event)
        return
      case 'received':
        this.#received(event)
        return
      case 'handshake-sent':
      case 'failed':
    }
  }

  /** Without a reject, only we know that our queue is full; in strict mode that is a violation. */
  refused({ reason, answered }: Refused): void {
    if (this.#judge === undefined || reason !== 'queue-full' || answered) return
    this.#violated([this.#judge.queueFull()])
  }

  /** Emits the end of the connection and returns its report. */
  ended(event: Closed): ServedPeerReport {
    if (this.#judge !== undefined) this.#judgeEnd(this.#judge, event)
    const { end, error, bytesSent, bytesReceived, refused, at } = event
    const report: ServedPeerReport = {
      peer: this.#connected.peer,
      remote: this.#remote,
      transport: this.#transport,
      encryption: this.#connected.transport.encryption,
      peerId: this.#handshake?.peerIdHex ?? null,
      client: this.#handshake?.client ?? null,
      durationMs: round(at - this.#connected.at),
      bytesSent,
      bytesReceived,
      requests: this.#requests,
      uploaded: this.#uploaded,
      refused,
      closedBy: end.by,
      closeKind: end.kind,
      error: error === undefined ? null : errorReport(error),
      violationCount: this.#violationCount,
      violations: this.#violations,
      notes: this.#notes,
    }
    this.#emit({ type: 'closed', report })
    return report
  }

  #sent({ messages }: Extract<SessionEvent, { readonly type: 'sent' | 'received' }>): void {
    const { peer } = this.#connected
    for (const message of messages) {
      if (message.type === 'piece') this.#uploaded += message.block.length
      else if (message.type === 'choke' || message.type === 'unchoke') {
        this.#choked = message.type === 'choke'
        this.#emit({ type: this.#choked ? 'choked' : 'unchoked', peer })
      }
    }
  }

  #received({ messages }: Extract<SessionEvent, { readonly type: 'sent' | 'received' }>): void {
    const { peer } = this.#connected
    for (const { type } of messages) {
      if (type === 'request') this.#requests++
      else if (type === 'interested' || type === 'not-interested') {
        this.#interested = type === 'interested'
        this.#emit({ type, peer })
      }
    }
  }

  #judgeEvent(judge: StrictWatch, event: SessionEvent): void {
    for (const traced of traceSessionEvent(event, EXTENSION_NAMES)) this.#violated(judge.step(traced))
  }

  #judgeEnd(judge: StrictWatch, { at, end, bytesSent, bytesReceived, pending }: Closed): void {
    const { by, kind } = end
    const totals = { bytesSent, bytesReceived, pending }
    this.#violated(judge.step({ at, type: 'closed', by, kind, phase: 'handshake', ...totals }))
  }

  #violated(violations: readonly Violation[]): void {
    const { peer } = this.#connected
    for (const { isNote, ...violation } of violations) {
      if (isNote) {
        if (++this.#noteCount > MAX_VIOLATIONS) continue
        this.#keep(this.#notes, violation)
        this.#emit({ type: 'note', peer, ...violation })
        continue
      }
      if (++this.#violationCount > MAX_VIOLATIONS) continue
      this.#keep(this.#violations, violation)
      this.#emit({ type: 'violation', peer, ...violation })
    }
  }

  /** Always keeps the first one, so that one peer cannot crowd out the violations of another. */
  #keep(list: ViolationReport[], violation: ViolationReport): void {
    if (this.#room.take(violation) || list.length === 0) list.push(violation)
  }
}
