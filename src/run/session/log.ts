import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import type { ConnectionEnd } from '../../net/connection/connection-end.ts'
import type { Clock } from '../../net/clock.ts'
import type { Endpoint, Transport } from '../../net/transport.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { errorReport } from '../../report/error-report.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { afterMseEvent, type MseFacts, NO_MSE_FACTS } from '../../session/mse/facts.ts'
import type { MseEvent } from '../../session/mse/machine.ts'
import { traceMseEvent } from '../../session/mse/trace.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { extensionName, traceSessionEvent } from '../../session/peer/trace.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { PeerName, SessionOptions, SessionTrace, TorrentTarget } from '../options.ts'
import type { EncryptionVariant } from './encryption-plan.ts'
import { LOCAL_EXTENSIONS } from './local-peer.ts'
import { SessionRecord } from './record.ts'
import { explained } from './refusal.ts'
import { targetEvent } from './target-event.ts'
import { utpFigures } from './utp-figures.ts'

/** One connection that was tried, as it is being written down. */
export interface Attempt {
  /** Undefined while the name is not resolved, and when a proxy resolves it. */
  readonly to: Endpoint | undefined
  readonly transportKind: 'tcp' | 'utp'
  readonly variant: EncryptionVariant
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

/** Writes down what happens in one session: the events for the report and the trace, and what the next attempt depends on. */
export class SessionLog {
  readonly attempts: Attempt[] = []
  readonly #record = new SessionRecord()
  readonly #trace: SessionTrace | undefined
  readonly #clock: Pick<Clock, 'absentMs'>
  #peer: PeerName
  #startedAt: number
  #isStarted = false
  #absentMs: number
  #lastAt = 0
  #lastReceivedAt: number
  #receivedCount = 0

  /**
   * @param trace sees every event
   * @param clock what the times of the events come from
   */
  constructor(
    { peer, trace }: Pick<SessionOptions, 'peer' | 'trace'>,
    startedAt: number,
    clock: Pick<Clock, 'absentMs'> = {},
  ) {
    this.#startedAt = startedAt
    this.#clock = clock
    this.#absentMs = clock.absentMs ?? 0
    this.#lastReceivedAt = startedAt
    this.#trace = trace
    this.#peer = peer
    this.turnTo(peer)
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

  /** The peer that is or was tried; of several the last. */
  get peer(): PeerName {
    return this.#peer
  }

  /** Notes that this peer is tried from here on. */
  turnTo(peer: PeerName): void {
    this.#peer = peer
    const { input, host, port } = peer
    this.#take({ at: this.#lastAt, type: 'peer', input, host, port })
  }

  /** Notes what is known of the torrent from here on: what the peer sent before is judged by it too. */
  know(torrent: TorrentTarget, at: number): void {
    this.#add(targetEvent(torrent, this.#since(at)))
  }

  /** When the last handshake or message came, on the clock of the caller. */
  get lastReceivedAt(): number {
    return this.#lastReceivedAt
  }

  /** Chunks with messages so far. */
  get receivedCount(): number {
    return this.#receivedCount
  }

  /** The name of the peer was looked up. */
  resolved(at: number): void {
    this.#take({ at: this.#since(at), type: 'resolved' })
  }

  beginAttempt(plan: Pick<Attempt, 'to' | 'transportKind' | 'variant' | 'phase'>, at: number): Attempt {
    const attempt: Attempt = {
      ...plan,
      error: undefined,
      end: undefined,
      mse: NO_MSE_FACTS,
      pending: 0,
      transport: undefined,
      state: undefined,
    }
    this.attempts.push(attempt)
    const { to, transportKind: transport, variant } = plan
    const { address = null, family = null } = to ?? {}
    this.#take({ at: this.#since(at), type: 'attempt', address, family, transport, variant })
    return attempt
  }

  connected(attempt: Attempt, transport: Transport, at: number): void {
    attempt.transport = transport
    attempt.phase = attempt.variant === 'plaintext' ? 'handshake' : 'encryption'
    const { kind, local, remote } = transport
    this.#add({
      at: this.#since(at),
      type: 'connected',
      transport: kind,
      local: renderEndpoint(local),
      remote: renderEndpoint(remote),
    })
  }

  /** Takes a step of the encryption handshake. */
  encryptionEvent(attempt: Attempt, event: MseEvent): void {
    attempt.mse = afterMseEvent(attempt.mse, event)
    if (event.type === 'established') attempt.phase = 'handshake'
    this.#add(traceMseEvent({ ...event, at: this.#since(event.at) }))
  }

  /** Takes an event of the session, with the state that it led to. */
  sessionEvent(event: SessionEvent, state: SessionState): void {
    if (event.type === 'received' || event.type === 'handshake-received') this.#lastReceivedAt = event.at
    if (event.type === 'received') this.#receivedCount++
    const names = {
      received: (id: number) => extensionName(LOCAL_EXTENSIONS, id),
      sent: (id: number) => extensionName(state.extensionHandshake?.extensions, id),
    }
    for (const traced of traceSessionEvent({ ...event, at: this.#since(event.at) }, names)) this.#add(traced)
  }

  /** @param pending bytes that made no whole message */
  closed(attempt: Attempt, end: ConnectionEnd, pending: number, at: number): void {
    attempt.end = end
    attempt.pending = pending
    const { by, kind, failure, reason, phase, bytesSent, bytesReceived } = end
    const stats = attempt.transport?.utpStats
    this.#add({
      at: this.#since(at),
      type: 'closed',
      by,
      kind,
      phase,
      bytesSent,
      bytesReceived,
      pending,
      ...(failure !== undefined && { reason: failure.detail }),
      ...(reason !== undefined && { closeReason: { code: reason.code, name: reason.name } }),
      ...(stats !== undefined && { utp: utpFigures(stats) }),
    })
  }

  /** Notes that an attempt is over, and why when it failed. */
  endAttempt(attempt: Attempt, error: unknown, at: number): void {
    if (attempt.state !== undefined) attempt.phase = attempt.state.phase
    if (error instanceof PeerError) {
      attempt.error = explained(error, attempt)
      attempt.phase = error.phase ?? attempt.phase
    }
    const { phase } = attempt
    const failure = attempt.error === undefined ? null : errorReport(attempt.error)
    this.#take({ at: this.#since(at), type: 'ended', phase, error: failure })
  }

  /** The report of the session, which is over. To be called once. */
  finish(at: number): SessionReport {
    this.#take({ at: this.#since(at), type: 'finished' })
    return this.#record.report()
  }

  /** Milliseconds since the start, in whole microseconds, as a file holds them. */
  #since(at: number): number {
    return Math.max(this.#lastAt, Math.round((at - this.#startedAt) * 1000) / 1000)
  }

  /** Takes an event of a connection. */
  #add(event: TraceEvent): void {
    const { absentMs = 0 } = this.#clock
    const durationMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (durationMs > 0) this.#take({ at: event.at, type: 'suspended', durationMs })
    this.#take(event)
  }

  #take(event: TraceEvent): void {
    this.#lastAt = event.at
    this.#trace?.(event)
    this.#record.step(event)
  }
}
