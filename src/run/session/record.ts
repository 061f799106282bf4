import type { Observation } from '../../diagnose/cause/observation.ts'
import { ObservationFold } from '../../diagnose/cause/observe.ts'
import type { Identity } from '../../diagnose/client/identity.ts'
import { Diagnosis } from '../../diagnose/diagnose.ts'
import type { Finding } from '../../diagnose/finding.ts'
import type { AttemptReport } from '../../report/model/session.ts'
import { replayedHandshake, replayedMessage } from '../../session/peer/replay.ts'
import { SessionState } from '../../session/peer/state.ts'
import type { TraceEvent, TraceHandshake } from '../../trace/event.ts'
import { asStep, isTransfers, TRANSFER_TYPES, type TraceStep } from '../../trace/transfers.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { LOCAL_EXTENSIONS } from './local-peer.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

/** Moments of an attempt, each the first of its kind. */
export type Moment =
  'connect' | 'encryption' | 'handshake' | 'extension-handshake' | 'availability' | 'interested' | 'unchoke'

/** One connection attempt. */
export interface AttemptRecord {
  readonly begin: Of<'attempt'>
  /** The port of the peer that was tried. */
  readonly port: number | undefined
  isConnected: boolean
  /** What came of it, or what was tried; null where neither is known. */
  encryption: AttemptReport['encryption']
  closed: Of<'closed'> | undefined
  ended: Of<'ended'> | undefined
}

/** The result of the events of a session. Times are milliseconds since the start of the command. */
export interface RecordedSession {
  readonly peer: Of<'peer'> | undefined
  readonly torrent: Of<'target'> | undefined
  readonly attempts: readonly AttemptRecord[]
  /** Of the last attempt. */
  readonly moments: ReadonlyMap<Moment, number>
  /** Of the last attempt; undefined before the handshake of the peer. */
  readonly state: SessionState | undefined
  readonly resolvedAt: number | undefined
  readonly lastAt: number
  /** One per attempt that is over. */
  readonly observations: readonly Observation[]
  readonly identity: Identity
  /** Worst first. Read only at the end, which some of them depend on. */
  readonly findings: readonly Finding[]
}

/** The encryption of an attempt until a method is chosen: the encryption handshake itself uses RC4. */
const TRIED = { plaintext: 'plaintext', mse: 'rc4', 'mse-with-handshake': 'rc4', unknown: null } as const

/**
 * Folds the trace of a session, live or from a file, into what its report needs. Memory does not grow with the length of
 * the session.
 */
export class SessionRecord implements RecordedSession {
  readonly #diagnosis = new Diagnosis()
  // the rules need not see every event twice
  readonly #observations = new ObservationFold(this.#diagnosis)
  readonly attempts: AttemptRecord[] = []
  readonly moments = new Map<Moment, number>()
  peer: Of<'peer'> | undefined
  torrent: Of<'target'> | undefined
  state: SessionState | undefined
  resolvedAt: number | undefined
  lastAt = 0
  #localHandshake: TraceHandshake | undefined

  step(step: TraceStep): void {
    const event = asStep(step)
    this.lastAt = event.at
    if (!isTransfers(event)) this.#observations.step(event)
    this.#diagnosis.step(event)
    switch (event.type) {
      case 'peer':
        this.peer = event
        return
      case 'target':
        this.torrent = event
        if (event.pieceCount !== null) this.state?.setPieceCount(event.pieceCount)
        return
      case 'resolved':
        this.resolvedAt = event.at
        return
      case 'attempt':
        this.#begin(event)
        return
      case 'connected':
        this.#change({ isConnected: true })
        this.#mark('connect', event.at)
        return
      case 'encryption':
        if (event.encryption === undefined) return
        this.#change({ encryption: event.encryption })
        this.#mark('encryption', event.at)
        return
      case 'sent':
      case 'received':
        this.#said(event)
        return
      case 'closed':
        this.#change({ closed: event })
        return
      case 'ended':
        this.#change({ ended: event })
        return
      default:
    }
  }

  get observations(): readonly Observation[] {
    return this.#observations.observations
  }

  get identity(): Identity {
    return this.#diagnosis.client.identity()
  }

  get findings(): readonly Finding[] {
    return this.#diagnosis.findings()
  }

  #begin(begin: Of<'attempt'>): void {
    this.attempts.push({
      begin,
      port: this.peer?.port,
      isConnected: false,
      encryption: TRIED[begin.variant ?? 'unknown'],
      closed: undefined,
      ended: undefined,
    })
    this.moments.clear()
    this.state = undefined
    this.#localHandshake = undefined
  }

  #change(change: Partial<AttemptRecord>): void {
    const attempt = this.attempts.at(-1)
    if (attempt !== undefined) Object.assign(attempt, change)
  }

  #said(event: Extract<TraceStep, { readonly type: 'sent' | 'received' }>): void {
    // a session whose begin was not captured is open without a handshake
    if (this.#isBegunBefore && event.what !== 'handshake') this.state ??= this.#newState([])
    if (event.what === 'transfers') {
      this.state?.transferred(TRANSFER_TYPES[event.type], event.blocks.length)
      return
    }
    if (event.what === 'handshake') this.#handshake(event.type, event.handshake)
    else if (event.type === 'sent') this.state?.sent(replayedMessage(event.message))
    else this.state?.received(replayedMessage(event.message), event.offset)
    this.#markState(event.at)
  }

  #newState(features: readonly NamedFeature[]): SessionState {
    return new SessionState(features, this.torrent?.pieceCount ?? undefined, LOCAL_EXTENSIONS)
  }

  /** Whether the capture of the attempt begins later, so that its times since the begin are not known either. */
  get #isBegunBefore(): boolean {
    return this.attempts.at(-1)?.begin.variant === null
  }

  /** The initiator sends its handshake first, but it may be hidden, or sent before the capture: then it is taken to support what the peer does. */
  #handshake(type: 'sent' | 'received', handshake: TraceHandshake): void {
    if (type === 'sent') {
      this.#localHandshake = handshake
      return
    }
    const { features } = this.#localHandshake ?? handshake
    this.state = this.#newState(features as readonly NamedFeature[])
    this.state.handshakeReceived(replayedHandshake(handshake))
  }

  #markState(at: number): void {
    const { state } = this
    if (state === undefined) return
    this.#mark('handshake', at)
    if (state.hasExtensionHandshake) this.#mark('extension-handshake', at)
    if (state.availability.source !== 'none') this.#mark('availability', at)
    if (state.choking.amInterested) this.#mark('interested', at)
    if (!state.choking.peerChoking) this.#mark('unchoke', at)
  }

  #mark(moment: Moment, at: number): void {
    if (!this.#isBegunBefore && !this.moments.has(moment)) this.moments.set(moment, at)
  }
}
