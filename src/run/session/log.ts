import { extended } from '../../base/extended.ts'
import { toHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import type { ConnectionEnd } from '../../net/connection/connection-end.ts'
import type { Clock } from '../../net/clock.ts'
import type { Endpoint, Transport, TransportKind } from '../../net/transport.ts'
import { systemCode } from '../../net/socket-errors.ts'
import type { RawBytes } from '../../net/tap-transport.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { errorReport } from '../../report/error-report.ts'
import { afterMseEvent, type MseFacts, NO_MSE_FACTS } from '../../session/mse/facts.ts'
import type { MseEvent } from '../../session/mse/machine.ts'
import { traceMseEvent } from '../../session/mse/trace.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { extensionName, traceSteps } from '../../session/peer/trace.ts'
import { eventsOf, type TraceStep } from '../../trace/transfers.ts'
import type { TraceMetadataResult } from '../../trace/metadata.ts'
import type { Probe } from '../../trace/probe.ts'
import type { PeerName, SessionOptions, SessionTrace, TorrentTarget } from '../options.ts'
import type { EncryptionVariant } from './encryption-plan.ts'
import { LOCAL_EXTENSIONS } from './local-peer.ts'
import { type RecordedSession, SessionRecord } from './record.ts'
import { explained } from './refusal.ts'
import { targetEvent } from './target-event.ts'
import { utpFigures } from './utp-figures.ts'

/** One connection attempt, while it is being recorded. */
export interface Attempt {
  /** Undefined until the name is resolved, or if a proxy resolves it. */
  readonly to: Endpoint | undefined
  readonly transportKind: TransportKind
  readonly variant: EncryptionVariant
  phase: Phase
  error: PeerError | undefined
  end: ConnectionEnd | undefined
  /** Progress of its encryption handshake. */
  mse: MseFacts
  /** Bytes at the end that did not form a complete handshake or message. */
  pending: number
  transport: Transport | undefined
  /** State of the session; undefined before the first event. */
  state: SessionState | undefined
}

/** Records one session: events for the report and the trace, and the state that the next attempt depends on. */
export class SessionLog {
  readonly attempts: Attempt[] = []
  readonly #record = new SessionRecord()
  readonly #trace: SessionTrace | undefined
  readonly #onTorrent: SessionOptions['onTorrent']
  readonly #clock: Pick<Clock, 'absentMs'>
  #torrent: TorrentTarget | undefined
  #peer: PeerName
  #startedAt: number
  #isStarted = false
  #absentMs: number
  #lastAt = 0
  #lastReceivedAt: number
  #receivedCount = 0
  /** Of the session of the last session event. */
  #state: SessionState | undefined
  readonly #names = {
    received: (id: number) => extensionName(LOCAL_EXTENSIONS, id),
    sent: (id: number) => extensionName(this.#state?.extensionHandshake?.extensions, id),
  }

  /**
   * @param trace receives every event
   * @param clock source of the event times
   * @param now later than `startedAt` in a further session of a command, whose events follow those of the first
   */
  constructor(
    { peer, trace, onTorrent }: Pick<SessionOptions, 'peer' | 'trace' | 'onTorrent'>,
    startedAt: number,
    clock: Pick<Clock, 'absentMs'> = {},
    now = startedAt,
  ) {
    this.#startedAt = startedAt
    this.#lastAt = this.#since(now)
    this.#clock = clock
    this.#absentMs = clock.absentMs ?? 0
    this.#lastReceivedAt = startedAt
    this.#trace = trace
    this.#onTorrent = onTorrent
    this.#peer = peer
    this.turnTo(peer)
  }

  /** Time zero of the session. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** Starts the clock; later calls change nothing. */
  start(at: number): void {
    if (!this.#isStarted) this.#startedAt = at
    this.#isStarted = true
  }

  /** The peer that we tried last. */
  get peer(): PeerName {
    return this.#peer
  }

  /** Records that the following attempts are for this peer. */
  turnTo(peer: PeerName): void {
    this.#peer = peer
    const { input, host, port } = peer
    this.#take({ at: this.#lastAt, type: 'peer', input, host, port })
  }

  /** Records what is known about the torrent from now on; earlier messages of the peer are judged by it too. */
  know(torrent: TorrentTarget, at: number): void {
    this.#torrent = torrent
    this.#onTorrent?.(torrent)
    // what is known before the clock starts is known at time zero: setting up takes time that is not the peer's
    this.#add(targetEvent(torrent, this.#isStarted ? this.#since(at) : this.#lastAt))
  }

  /** What is known of the torrent now. */
  get torrent(): TorrentTarget | undefined {
    return this.#torrent
  }

  /** When the last handshake or message came, on the caller's clock. */
  get lastReceivedAt(): number {
    return this.#lastReceivedAt
  }

  /** Number of received chunks that contained messages. */
  get receivedCount(): number {
    return this.#receivedCount
  }

  /** Records that the name of the peer was resolved. */
  resolved(at: number): void {
    this.#take({ at: this.#since(at), type: 'resolved' })
  }

  /** Records that the next attempt is a probe. @param number from 1 */
  probe(probe: Probe, number: number, at: number): void {
    this.#take({ at: this.#since(at), type: 'probe', number, ...probe })
  }

  beginAttempt(plan: Pick<Attempt, 'to' | 'transportKind' | 'variant' | 'phase'>, at: number): Attempt {
    const { to, transportKind, variant, phase } = plan
    const attempt: Attempt = {
      to,
      transportKind,
      variant,
      phase,
      error: undefined,
      end: undefined,
      mse: NO_MSE_FACTS,
      pending: 0,
      transport: undefined,
      state: undefined,
    }
    this.attempts.push(attempt)
    const { address = null, family = null } = to ?? {}
    this.#take({
      at: this.#since(at),
      type: 'attempt',
      address,
      family,
      transport: transportKind,
      variant,
    })
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

  /** Records bytes of a probe as its transport carried them. */
  raw({ direction, offset, length, bytes }: RawBytes, at: number): void {
    this.#add({ at: this.#since(at), type: 'raw', direction, offset, length, bytes: toHex(bytes) })
  }

  /** Records that a piece from the peer was hashed. */
  verified(piece: number, good: boolean, at: number): void {
    this.#add({ at: this.#since(at), type: 'verified', piece, good })
  }

  /** Records how fetching the metadata from the peer ended. */
  metadata({ outcome, size, received }: TraceMetadataResult, at: number): void {
    this.#add({ at: this.#since(at), type: 'metadata', outcome, size, received })
  }

  /** Records a step of the encryption handshake. */
  encryptionEvent(attempt: Attempt, event: MseEvent): void {
    attempt.mse = afterMseEvent(attempt.mse, event)
    if (event.type === 'established') attempt.phase = 'handshake'
    this.#add(traceMseEvent(extended(event, { at: this.#since(event.at) })))
  }

  /** Records a session event and the state that it led to. */
  sessionEvent(event: SessionEvent, state: SessionState): void {
    if (event.type === 'received' || event.type === 'handshake-received') this.#lastReceivedAt = event.at
    if (event.type === 'received') this.#receivedCount++
    this.#state = state
    for (const step of traceSteps(event, this.#since(event.at), this.#names)) this.#add(step)
  }

  /** @param pending bytes that did not form a complete message */
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

  /** Records the end of an attempt, and the error if it failed. */
  endAttempt(attempt: Attempt, error: unknown, at: number): void {
    if (attempt.state !== undefined) attempt.phase = attempt.state.phase
    if (error instanceof PeerError) {
      attempt.error = explained(error, attempt)
      attempt.phase = error.phase ?? attempt.phase
    }
    const { phase } = attempt
    const failure = attempt.error === undefined ? null : errorReport(attempt.error)
    const system = systemCode(attempt.error?.cause)
    const said = system === undefined ? {} : { system }
    this.#take({ at: this.#since(at), type: 'ended', phase, error: failure, ...said })
  }

  /** Ends the session and returns what its report is made of. Call it once. */
  finish(at: number): RecordedSession {
    this.#take({ at: this.#since(at), type: 'finished' })
    return this.#record
  }

  /** Milliseconds since the start, rounded to microseconds as in a trace file. */
  #since(at: number): number {
    return Math.max(this.#lastAt, Math.round((at - this.#startedAt) * 1000) / 1000)
  }

  /** Records an event of a connection. */
  #add(step: TraceStep): void {
    const { absentMs = 0 } = this.#clock
    const durationMs = absentMs - this.#absentMs
    this.#absentMs = absentMs
    if (durationMs > 0) this.#take({ at: step.at, type: 'suspended', durationMs })
    this.#take(step)
  }

  #take(step: TraceStep): void {
    this.#lastAt = step.at
    if (this.#trace !== undefined) for (const event of eventsOf(step)) this.#trace(event)
    this.#record.step(step)
  }
}
