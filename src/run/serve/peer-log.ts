import { toHex } from '../../base/bytes.ts'
import { round } from '../../base/round.ts'
import type { Encryption } from '../../net/transport.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { ServedPeerReport } from '../../report/model/serve.ts'
import type { ServedPeerProgress, ServedPeerState, ServeEvent } from '../../report/model/serve-event.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { decodePeerId, describePeerId } from '../../wire/peer-id/peer-id.ts'
import type { MessageType } from '../../wire/message/message.ts'
import type { Judgement } from './judgement.ts'

/** An event without its time, which `ServeLog` adds. */
export type UntimedEvent = ServeEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'atMs'>
    : never
  : never

/** One connection of a seeder. */
export interface ServedConnection {
  readonly peer: number
  readonly remote: string
  readonly transport: 'tcp' | 'utp'
  readonly encryption: Encryption
  /** When it was established, in milliseconds since the start of the command. */
  readonly at: number
}

type Closed = Extract<TraceEvent, { readonly type: 'closed' }>

/** Follows one peer of a seeder, from its connection to its report. Memory is bounded. */
export class ServedPeerLog {
  readonly #connection: ServedConnection
  readonly #judgement: Judgement | undefined
  readonly #emit: (event: UntimedEvent) => void
  #handshake: { readonly peerIdHex: string; readonly client: string | null } | undefined
  #interested = false
  #choked = true
  #requests = 0
  #uploaded = 0
  #uploadedBefore = 0

  /** @param judgement undefined to judge nothing */
  constructor(
    connection: ServedConnection,
    judgement: Judgement | undefined,
    emit: (event: UntimedEvent) => void,
  ) {
    this.#connection = connection
    this.#judgement = judgement
    this.#emit = emit
  }

  get hasShakenHands(): boolean {
    return this.#handshake !== undefined
  }

  get violationCount(): number {
    return this.#judgement?.violationCount ?? 0
  }

  /** Bytes of blocks. */
  get uploaded(): number {
    return this.#uploaded
  }

  /** To be called once a second. */
  progress(): ServedPeerProgress {
    const bytesPerSecond = this.#uploaded - this.#uploadedBefore
    this.#uploadedBefore = this.#uploaded
    const { peer, remote } = this.#connection
    return {
      peer,
      remote,
      client: this.#handshake?.client ?? null,
      state: this.#state,
      uploaded: this.#uploaded,
      bytesPerSecond,
      violationCount: this.violationCount,
    }
  }

  get #state(): ServedPeerState {
    if (this.#handshake === undefined) return 'handshake'
    if (!this.#interested) return 'idle'
    return this.#choked ? 'waiting' : 'served'
  }

  /** Judges an event of the connection. Call it before the calls below for the same event. */
  judge(event: TraceEvent): void {
    this.#judgement?.step(event)
  }

  shookHands(peerId: Uint8Array): void {
    const decoded = decodePeerId(peerId)
    const client = decoded.client === null ? null : describePeerId(decoded)
    this.#handshake = { peerIdHex: toHex(peerId), client }
    this.#emit({ type: 'handshake', peer: this.#connection.peer, client })
  }

  /** @param length of the block of a `piece`, in bytes */
  sent(type: MessageType, length: number): void {
    if (type === 'piece') this.#uploaded += length
    else if (type === 'choke' || type === 'unchoke') {
      this.#choked = type === 'choke'
      this.#emit({ type: this.#choked ? 'choked' : 'unchoked', peer: this.#connection.peer })
    }
  }

  received(type: MessageType): void {
    if (type === 'request') this.#requests++
    else if (type === 'interested' || type === 'not-interested') {
      this.#interested = type === 'interested'
      this.#emit({ type, peer: this.#connection.peer })
    }
  }

  /** The report, at the end of the connection. */
  report(
    {
      at,
      by,
      kind,
      bytesSent,
      bytesReceived,
    }: Pick<Closed, 'at' | 'by' | 'kind' | 'bytesSent' | 'bytesReceived'>,
    refused: ServedPeerReport['refused'],
    error: ErrorReport | null,
  ): ServedPeerReport {
    const { peer, remote, transport, encryption, at: connectedAt } = this.#connection
    return {
      peer,
      remote,
      transport,
      encryption,
      peerId: this.#handshake?.peerIdHex ?? null,
      client: this.#handshake?.client ?? null,
      durationMs: round(at - connectedAt),
      bytesSent,
      bytesReceived,
      requests: this.#requests,
      uploaded: this.#uploaded,
      refused,
      closedBy: by,
      closeKind: kind,
      error,
      violationCount: this.violationCount,
      violations: this.#judgement?.violations ?? [],
      notes: this.#judgement?.notes ?? [],
    }
  }
}
