import type { DiagnosisContext } from '../../diagnose/rule.ts'
import type { PeerError } from '../../base/errors.ts'
import { round } from '../../base/round.ts'
import type { Phase } from '../../base/phase.ts'
import type { ConnectionEnd } from '../../net/connection/connection-end.ts'
import type { Clock } from '../../net/clock.ts'
import type { Endpoint, Transport } from '../../net/transport.ts'
import { renderEndpoint } from '../../net/tcp/tcp.ts'
import { afterMseEvent, type MseFacts, NO_MSE_FACTS } from '../../session/mse/facts.ts'
import type { MseEvent } from '../../session/mse/machine.ts'
import { traceMseEvent } from '../../session/mse/trace.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { extensionName, traceSessionEvent } from '../../session/peer/trace.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { encodedLength, type Message, type MessageType } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { PeerName, SessionTrace } from '../options.ts'
import type { EncryptionVariant } from './encryption-plan.ts'
import { OUR_EXTENSIONS } from './local-peer.ts'

/** Most events kept for the findings; a peer that sends more is still counted, only not judged further. */
const MAX_KEPT_EVENTS = 20_000

/** Most of them about requests and blocks: more of a download would say nothing new, and it has hundreds a second. */
const MAX_KEPT_TRANSFERS = 2_000

/** Most weight of them, in bytes: they hold bitfields and extension handshakes, of up to 2 MiB each. */
const MAX_KEPT_WEIGHT = 8 * 1024 * 1024

/** An extension handshake that was read takes several times its length on the wire. */
const READ_HANDSHAKE_WEIGHT = 8

/** What one thing that is wrong in a list of peers takes. */
const ISSUE_WEIGHT = 256

/** Moments of an attempt; each the first of its kind. */
export type Moment =
  'connect' | 'encryption' | 'handshake' | 'extension-handshake' | 'availability' | 'interested' | 'unchoke'

/** One connection that was tried, as it is being written down. */
export interface Attempt {
  /** Undefined while the name is not resolved, and when a proxy resolves it. */
  readonly to: Endpoint | undefined
  readonly transportKind: 'tcp' | 'utp'
  readonly variant: EncryptionVariant
  readonly startedAt: number
  endedAt: number
  phase: Phase
  error: PeerError | undefined
  end: ConnectionEnd | undefined
  /** How far its encryption handshake came. */
  mse: MseFacts
  /** Bytes at its end that made no whole handshake or message. */
  pending: number
  transport: Transport | undefined
  /** What became known of the peer; undefined before any event. */
  state: SessionState | undefined
}

/** Writes down what happens in one command: the trace, the moments, the attempts. All of it bounded. */
export class SessionLog {
  /** The peer that is or was tried; of several the last. Undefined before the first. */
  peer: PeerName | undefined
  #startedAt: number
  #isStarted = false
  readonly attempts: Attempt[] = []
  readonly #events: TraceEvent[] = []
  readonly #moments = new Map<Moment, number>()
  readonly #trace: SessionTrace | undefined
  readonly #clock: Pick<Clock, 'absentMs'>
  #absentMs: number
  #resolvedAt: number | undefined
  #metainfo: Metainfo | undefined
  #keptWeight = 0
  #keptTransfers = 0
  /** The last event when it was not kept: how a connection ended is judged by what came last. */
  #skipped: TraceEvent | undefined
  #truncated: DiagnosisContext['truncated']
  #lastReceivedAt: number
  #receivedCount = 0

  /**
   * @param trace sees every event, also those that are not kept
   * @param clock what the times of the events come from
   */
  constructor(startedAt: number, trace: SessionTrace | undefined, clock: Pick<Clock, 'absentMs'> = {}) {
    this.#startedAt = startedAt
    this.#clock = clock
    this.#absentMs = clock.absentMs ?? 0
    this.#lastReceivedAt = startedAt
    this.#trace = trace
  }

  /** What all times count from. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** Starts the clock; later calls change nothing. */
  start(at: number): void {
    if (!this.#isStarted) this.#startedAt = at
    this.#isStarted = true
  }

  /** The metadata, once it came from the peer. */
  get metainfo(): Metainfo | undefined {
    return this.#metainfo
  }

  /** Notes metadata that came from the peer: what it sent before is judged by it. */
  learn(metainfo: Metainfo | undefined): void {
    this.#metainfo = metainfo
  }

  /** What happened on the last connection. */
  get events(): readonly TraceEvent[] {
    return this.#events
  }

  /** What is missing among the events of the last connection, because there was too much of it. */
  get truncated(): DiagnosisContext['truncated'] {
    return this.#truncated
  }

  /** When the last handshake or message came. */
  get lastReceivedAt(): number {
    return this.#lastReceivedAt
  }

  /** Chunks with messages so far. */
  get receivedCount(): number {
    return this.#receivedCount
  }

  /**
   * Milliseconds to a moment of the last attempt; null when it did not come. They count from the start of the command, and of a
   * later attempt from its own: what failed before, and the pause after it, are not the peer's time.
   */
  since(moment: Moment): number | null {
    const at = this.#moments.get(moment)
    return at === undefined ? null : round(at - this.#momentsFrom)
  }

  /** What the moments count from, in milliseconds since the start. */
  get momentsStartedMs(): number {
    return round(this.#momentsFrom - this.#startedAt)
  }

  get #momentsFrom(): number {
    const later = this.attempts.length > 1 ? this.attempts.at(-1) : undefined
    return later?.startedAt ?? this.#startedAt
  }

  /** Milliseconds until the name was resolved; null for a literal address. */
  get dnsMs(): number | null {
    return this.#resolvedAt === undefined ? null : round(this.#resolvedAt - this.startedAt)
  }

  resolved(at: number): void {
    this.#resolvedAt = at
  }

  #mark(moment: Moment, at: number): void {
    if (!this.#moments.has(moment)) this.#moments.set(moment, at)
  }

  beginAttempt(plan: Pick<Attempt, 'to' | 'transportKind' | 'variant' | 'phase'>, at: number): Attempt {
    const attempt: Attempt = {
      ...plan,
      startedAt: at,
      endedAt: at,
      error: undefined,
      end: undefined,
      mse: NO_MSE_FACTS,
      pending: 0,
      transport: undefined,
      state: undefined,
    }
    this.attempts.push(attempt)
    this.#moments.clear()
    return attempt
  }

  connected(attempt: Attempt, transport: Transport, at: number): void {
    // findings are about one connection, the last
    this.#events.length = 0
    this.#keptWeight = 0
    this.#keptTransfers = 0
    this.#skipped = undefined
    this.#truncated = undefined
    attempt.transport = transport
    attempt.phase = attempt.variant === 'plaintext' ? 'handshake' : 'encryption'
    this.#mark('connect', at)
    const { kind, local, remote } = transport
    this.add({
      at,
      type: 'connected',
      transport: kind,
      local: renderEndpoint(local),
      remote: renderEndpoint(remote),
    })
  }

  /** Takes a step of the encryption handshake. */
  encryptionEvent(attempt: Attempt, event: MseEvent): void {
    attempt.mse = afterMseEvent(attempt.mse, event)
    if (event.type === 'established') {
      attempt.phase = 'handshake'
      this.#mark('encryption', event.at)
    }
    this.add(traceMseEvent(event))
  }

  /** Takes an event of the session, with the state that it led to. */
  sessionEvent(event: SessionEvent, state: SessionState): void {
    const { at } = event
    if (event.type === 'received' || event.type === 'handshake-received') this.#lastReceivedAt = at
    if (event.type === 'received') this.#receivedCount++
    if (state.handshake !== undefined) this.#mark('handshake', at)
    if (state.hasExtensionHandshake) this.#mark('extension-handshake', at)
    if (state.availability.source !== 'none') this.#mark('availability', at)
    if (state.choking.amInterested) this.#mark('interested', at)
    if (!state.choking.peerChoking) this.#mark('unchoke', at)
    const names = {
      received: (id: number) => extensionName(OUR_EXTENSIONS, id),
      sent: (id: number) => extensionName(state.extensionHandshake?.extensions, id),
    }
    const seen = this.#trace === undefined ? this.#worthTracing(event) : event
    for (const traced of traceSessionEvent(seen, names)) this.add(traced)
  }

  /** @param pending bytes that made no whole message */
  closed(attempt: Attempt, end: ConnectionEnd, pending: number, at: number): void {
    attempt.end = end
    attempt.pending = pending
    const { by, kind, failure, phase, bytesSent, bytesReceived } = end
    const reason = failure === undefined ? {} : { reason: failure.detail }
    this.add({ at, type: 'closed', by, kind, phase, bytesSent, bytesReceived, pending, ...reason })
  }

  add(event: TraceEvent): void {
    const { absentMs = 0 } = this.#clock
    const durationMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (durationMs > 0) this.#keep({ at: event.at, type: 'suspended', durationMs })
    this.#keep(event)
  }

  #keep(event: TraceEvent): void {
    this.#trace?.(event, this.startedAt)
    // how a connection ended is one event each, and rules want it
    const isEnd = event.type === 'closed' || event.type === 'broken' || event.type === 'suspended'
    if (!isEnd && (this.#isFull || (isTransfer(event) && this.#keptTransfers++ >= MAX_KEPT_TRANSFERS))) {
      this.#skipped = event
      this.#truncated = this.#isFull ? 'anything' : 'transfers'
      return
    }
    if (isEnd && this.#skipped !== undefined) this.#events.push(this.#skipped)
    this.#skipped = undefined
    this.#events.push(event)
    this.#keptWeight += weight(event)
  }

  /** Saves the work for what will not be kept: reading every message of a flood would take longer than its peer takes. */
  #worthTracing(event: SessionEvent): SessionEvent {
    if (event.type !== 'sent' && event.type !== 'received') return event
    const isSkipped = this.#isFull || (this.#keepsNoTransfers && hasOnlyTransfers(event.messages))
    return isSkipped ? lastOf(event) : event
  }

  get #isFull(): boolean {
    return this.#events.length >= MAX_KEPT_EVENTS || this.#keptWeight >= MAX_KEPT_WEIGHT
  }

  get #keepsNoTransfers(): boolean {
    return this.#isFull || this.#keptTransfers >= MAX_KEPT_TRANSFERS
  }
}

function isTransfer(event: TraceEvent): boolean {
  if ((event.type !== 'sent' && event.type !== 'received') || event.what !== 'message') return false
  return isTransferType(event.message.type)
}

/** How a connection ended is judged by the last message. */
function lastOf(event: Extract<SessionEvent, { readonly messages: unknown }>): SessionEvent {
  const last = event.messages.at(-1)
  if (last === undefined) return event
  const { at, type, end } = event
  return { at, type, messages: [last], offsets: [end - encodedLength(last)], end }
}

function hasOnlyTransfers(messages: readonly Message[]): boolean {
  for (const { type } of messages) if (!isTransferType(type)) return false
  return true
}

function isTransferType(type: MessageType): boolean {
  return type === 'piece' || type === 'request' || type === 'cancel' || type === 'reject'
}

/** What an event holds beyond a few numbers, in bytes. */
function weight(event: TraceEvent): number {
  if (event.type !== 'received' || event.what === 'handshake') return 0
  if (event.message.type === 'bitfield') return event.length
  if (event.message.type !== 'extended') return 0
  if (event.message.id === 0) return event.length * READ_HANDSHAKE_WEIGHT
  const { defects } = event.message
  return defects?.type === 'pex' ? defects.issues.length * ISSUE_WEIGHT : 0
}
