import { Diagnosis } from '../../diagnose/diagnose.ts'
import type { Finding } from '../../diagnose/finding.ts'
import type { PeerError } from '../../base/errors.ts'
import { round } from '../../base/round.ts'
import type { Phase } from '../../base/phase.ts'
import type { ConnectionEnd } from '../../net/connection/connection-end.ts'
import type { Clock } from '../../net/clock.ts'
import type { Endpoint, Transport } from '../../net/transport.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { afterMseEvent, type MseFacts, NO_MSE_FACTS } from '../../session/mse/facts.ts'
import type { MseEvent } from '../../session/mse/machine.ts'
import { traceMseEvent } from '../../session/mse/trace.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { extensionName, traceSessionEvent } from '../../session/peer/trace.ts'
import type { TraceEvent, TraceUtpFigures } from '../../trace/event.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { PeerName, SessionTrace, TorrentTarget } from '../options.ts'
import type { EncryptionVariant } from './encryption-plan.ts'
import { OUR_EXTENSIONS } from './local-peer.ts'
import { targetEvent } from './target-event.ts'

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
  readonly #diagnosis = new Diagnosis()
  readonly #moments = new Map<Moment, number>()
  readonly #trace: SessionTrace | undefined
  readonly #clock: Pick<Clock, 'absentMs'>
  #absentMs: number
  #resolvedAt: number | undefined
  #metainfo: Metainfo | undefined
  #lastReceivedAt: number
  #receivedCount = 0

  /**
   * @param trace sees every event
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

  /** Notes what is known of the torrent from here on: what the peer sent before is judged by it too. */
  know(torrent: Pick<TorrentTarget, 'infoHashes' | 'metainfo'>, at: number): void {
    this.#metainfo = torrent.metainfo
    this.add(targetEvent(torrent, at))
  }

  /** What the last connection shows about the peer. To be called once, at the end. */
  findings(): readonly Finding[] {
    return this.#diagnosis.findings()
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
    for (const traced of traceSessionEvent(event, names)) this.add(traced)
  }

  /** @param pending bytes that made no whole message */
  closed(attempt: Attempt, end: ConnectionEnd, pending: number, at: number): void {
    attempt.end = end
    attempt.pending = pending
    const { by, kind, failure, reason, phase, bytesSent, bytesReceived } = end
    this.add({
      at,
      type: 'closed',
      by,
      kind,
      phase,
      bytesSent,
      bytesReceived,
      pending,
      ...(failure !== undefined && { reason: failure.detail }),
      ...(reason !== undefined && { closeReason: { code: reason.code, name: reason.name } }),
      ...utpFigures(attempt.transport),
    })
  }

  add(event: TraceEvent): void {
    const { absentMs = 0 } = this.#clock
    const durationMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (durationMs > 0) this.#take({ at: event.at, type: 'suspended', durationMs })
    this.#take(event)
  }

  #take(event: TraceEvent): void {
    this.#trace?.(event, this.startedAt)
    this.#diagnosis.step(event)
  }
}

function utpFigures(transport: Transport | undefined): { readonly utp?: TraceUtpFigures } {
  const stats = transport?.utpStats
  if (stats === undefined) return {}
  const { peerWindow, packetPayload, packetsReceived, packetsIgnored } = stats
  const { packetsResent, timeouts, duplicatesReceived, outOfOrderReceived } = stats
  const received = { packetsReceived, packetsIgnored, duplicatesReceived, outOfOrderReceived }
  return { utp: { peerWindow, packetPayload, ...received, packetsResent, timeouts } }
}
