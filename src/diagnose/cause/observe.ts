import { Diagnosis } from '../diagnose.ts'
import { fromHex, toHex } from '../../base/bytes.ts'
import type { TraceEvent, TraceHandshake } from '../../trace/event.ts'
import { type Probe, RAW_BYTES_KEPT } from '../../trace/probe.ts'
import { beginsHandshake, decodeHandshake, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import type { EncryptionSeen, HandshakeSeen, Observation, Reach } from './observation.ts'
import { SessionView } from './session-view.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

const UNENCRYPTED: EncryptionSeen = {
  hasKey: false,
  secretBeginsWithZero: false,
  knowsTorrent: false,
  selected: undefined,
  isEstablished: false,
  failure: undefined,
}

/** Two handshakes for one torrent can be the same up to their peer ids: an echo goes on. In bytes. */
const HANDSHAKE_ECHO_LENGTH = 64

/** For anything else that we send: a match of this many bytes is not a coincidence. */
const ECHO_LENGTH = 8

/** Folds a trace into one observation for each attempt. Memory does not grow with the length of an attempt. */
export class ObservationFold {
  readonly #diagnosis: Diagnosis | undefined
  readonly #done: Observation[] = []
  /** The attempt that ended last. Most are never asked about. */
  #ended: { readonly view: AttemptView; readonly event: Of<'ended'> } | undefined
  #probe: Of<'probe'> | undefined
  #target: Of<'target'> | undefined
  #current: AttemptView | undefined

  /** @param diagnosis of the same events, which sees each of them after this fold; without it, each attempt has its own */
  constructor(diagnosis?: Diagnosis) {
    this.#diagnosis = diagnosis
  }

  /** Of the attempts that are over. */
  get observations(): readonly Observation[] {
    this.#settle()
    return this.#done
  }

  step(event: TraceEvent): void {
    if (event.type !== 'finished') this.#settle()
    switch (event.type) {
      case 'probe':
        this.#probe = event
        return
      case 'target':
        this.#target = event
        this.#current?.know(event)
        return
      case 'attempt':
        this.#begin(event)
        return
      case 'ended':
        if (this.#current !== undefined) this.#ended = { view: this.#current, event }
        this.#current = undefined
        return
      default:
        this.#current?.step(event)
    }
  }

  #begin(event: Of<'attempt'>): void {
    const { variant } = event
    const probe = this.#probe
    this.#probe = undefined
    this.#current = undefined
    // how the peer answered is not in a capture that begins later
    if (variant === null) return
    const number = this.#done.length + 1
    this.#current = new AttemptView(
      probe ?? impliedProbe({ ...event, variant }, number),
      event,
      this.#target,
      this.#diagnosis,
    )
  }

  /** Concludes the attempt that ended last, before later events change what its diagnosis says. */
  #settle(): void {
    if (this.#ended === undefined) return
    const { view, event } = this.#ended
    this.#done.push(view.finish(event))
    this.#ended = undefined
  }
}

/** The commands for one connection do not announce probes: each of their attempts is an ordinary session. */
function impliedProbe(
  { transport, variant }: Pick<Probe, 'transport' | 'variant'>,
  number: number,
): Probe & { readonly number: number } {
  const usual = { hash: 'target', identity: 'own', reserved: 'usual', source: null } as const
  return { number, how: 'session', transport, variant, ...usual }
}

/** One attempt while its events come. */
class AttemptView {
  readonly #probe: Probe & { readonly number: number }
  readonly #begin: Of<'attempt'>
  readonly #session: SessionView
  readonly #diagnosis: Diagnosis
  /** Whether this is the only one that passes events to the diagnosis. */
  readonly #isOwn: boolean
  #connectedAt: number | undefined
  #closed: Of<'closed'> | undefined
  #encryption: EncryptionSeen | undefined
  #ours: TraceHandshake | undefined
  #handshake: HandshakeSeen | undefined
  readonly #first: number[] = []
  readonly #sentFirst: number[] = []
  #hashes: readonly string[] = []
  #rawSent = 0
  #lastSentAt: number | undefined
  #earlyBytes = 0
  #answer: { readonly after: number; readonly ms: number } | undefined

  constructor(
    probe: Probe & { readonly number: number },
    begin: Of<'attempt'>,
    target: Of<'target'> | undefined,
    diagnosis: Diagnosis | undefined,
  ) {
    this.#diagnosis = diagnosis ?? new Diagnosis()
    this.#isOwn = diagnosis === undefined
    this.#probe = probe
    this.#begin = begin
    this.#session = new SessionView()
    if (target !== undefined) this.#learn(target)
  }

  /** What is known of the torrent from now on. */
  know(target: Of<'target'>): void {
    this.#learn(target)
  }

  #learn(target: Of<'target'>): void {
    if (this.#isOwn) this.#diagnosis.step(target)
    const { pieceCount, infoHashV1, infoHashV2 } = target
    // a hybrid torrent may be answered with its other hash (BEP 52)
    if (this.#probe.hash !== 'random')
      this.#hashes = [infoHashV1, infoHashV2].flatMap((hash) => (hash === null ? [] : [hash.slice(0, 40)]))
    if (pieceCount !== null) this.#session.pieceCount = pieceCount
  }

  step(event: TraceEvent): void {
    if (this.#isOwn) this.#diagnosis.step(event)
    switch (event.type) {
      case 'connected':
        this.#connectedAt = event.at
        return
      case 'raw':
        this.#raw(event)
        return
      case 'encryption':
        this.#encryption = afterStep(this.#encryption ?? UNENCRYPTED, event)
        return
      case 'sent':
      case 'received':
        this.#lastSentAt = event.type === 'sent' ? event.at : this.#lastSentAt
        if (event.what === 'handshake') this.#takeHandshake(event)
        else if (this.#handshake !== undefined) this.#session.message(event)
        return
      case 'verified':
        this.#session.verified(event.good)
        return
      case 'metadata':
        this.#session.fetchedMetadata(event.outcome)
        return
      case 'closed':
        this.#closed = event
        return
      default:
    }
  }

  finish({ at, error, system }: Of<'ended'>): Observation {
    const { number, how, transport, variant, hash, identity, reserved, source } = this.#probe
    const closed = this.#closed
    const first = Uint8Array.from(this.#first)
    const handshake = this.#handshake ?? this.#rawHandshake(first)
    return {
      number,
      probe: { how, transport, variant, hash, identity, reserved, source },
      address: this.#begin.address,
      startedMs: this.#begin.at,
      elapsedMs: at - this.#begin.at,
      reach: this.#reach(error, system, at),
      // also of a connection that was reset before it could be used
      close: closed === undefined ? undefined : this.#close(closed),
      first,
      echoes: this.#isEcho(first),
      earlyBytes: this.#earlyBytes,
      bytesSent: closed?.bytesSent ?? this.#rawSent,
      bytesReceived: closed?.bytesReceived ?? first.length,
      answeredAfter: this.#answer?.after,
      answerMs: this.#answer?.ms,
      encryption: this.#encryption,
      handshake,
      session: handshake === undefined ? undefined : this.#session.finish(closed?.at ?? at),
      violations: this.#violations(),
      error: error === null ? null : { code: error.code, message: error.message },
    }
  }

  #isEcho(first: Uint8Array): boolean {
    const { how, variant } = this.#probe
    const sendsHandshake =
      variant === 'plaintext' && (how === 'session' || how === 'at-once' || how.startsWith('steps'))
    const least = sendsHandshake ? HANDSHAKE_ECHO_LENGTH : ECHO_LENGTH
    return first.length >= least && first.every((byte, i) => byte === this.#sentFirst[i])
  }

  /** Of this connection: without one, there is nothing to break. */
  #violations(): readonly string[] {
    if (this.#connectedAt === undefined) return []
    return this.#diagnosis.findings().flatMap(({ id, severity }) => (severity === 'error' ? [id] : []))
  }

  #raw({ at, direction, offset, length, bytes }: Of<'raw'>): void {
    const kept = direction === 'sent' ? this.#sentFirst : this.#first
    if (kept.length < RAW_BYTES_KEPT) kept.push(...fromHex(bytes).subarray(0, RAW_BYTES_KEPT - kept.length))
    if (direction === 'sent') {
      this.#rawSent = offset + length
      this.#lastSentAt = at
      return
    }
    if (this.#rawSent === 0) this.#earlyBytes += length
    this.#answer ??= { after: this.#rawSent, ms: at - (this.#lastSentAt ?? this.#connectedAt ?? at) }
  }

  #takeHandshake(event: Extract<TraceEvent, { readonly what: 'handshake' }>): void {
    const { handshake } = event
    if (event.type === 'sent') {
      this.#ours = handshake
      return
    }
    this.#session.begin(event.at)
    const { infoHash, peerId, reserved } = handshake
    this.#handshake = {
      infoHash,
      peerId,
      reserved,
      matches: infoHash === this.#ours?.infoHash || this.#hashes.includes(infoHash),
      isOurOwnId: peerId === this.#ours?.peerId,
      afterSent: this.#answer?.after ?? (this.#ours === undefined ? 0 : HANDSHAKE_LENGTH),
    }
  }

  /** The handshake that answers one sent in steps, which no session reads. */
  #rawHandshake(first: Uint8Array): HandshakeSeen | undefined {
    if (this.#probe.how !== 'steps' || first.length < HANDSHAKE_LENGTH || !beginsHandshake(first))
      return undefined
    const { infoHash, peerId, reserved } = decodeHandshake(first)
    const asked = Uint8Array.from(this.#sentFirst).subarray(28, 48)
    return {
      infoHash: toHex(infoHash),
      peerId: toHex(peerId),
      reserved: toHex(reserved),
      matches: toHex(infoHash) === toHex(asked),
      isOurOwnId: false,
      afterSent: this.#answer?.after ?? 0,
    }
  }

  #close({ at, by, kind, bytesSent, closeReason, pending }: Of<'closed'>): Observation['close'] {
    return {
      by,
      kind,
      afterMs: at - (this.#connectedAt ?? at),
      sinceSentMs: this.#lastSentAt === undefined ? undefined : at - this.#lastSentAt,
      sent: bytesSent,
      reason: closeReason?.code,
      pending,
    }
  }

  #reach(error: Of<'ended'>['error'], system: string | undefined, at: number): Reach {
    const ms = (this.#connectedAt ?? at) - this.#begin.at
    return { outcome: this.#connectedAt === undefined ? reachOutcome(error?.code) : 'connected', ms, system }
  }
}

function afterStep(
  seen: EncryptionSeen,
  { step, methods, secretBeginsWithZero, error }: Of<'encryption'>,
): EncryptionSeen {
  switch (step) {
    case 'public-key-received':
      return { ...seen, hasKey: true }
    case 'provide-sent':
      return { ...seen, hasKey: true, secretBeginsWithZero: secretBeginsWithZero === true }
    case 'synchronised':
      return { ...seen, knowsTorrent: true }
    case 'select-received':
      return { ...seen, selected: methods?.[0] }
    case 'established':
      return { ...seen, isEstablished: true }
    case 'failed':
      return { ...seen, failure: error?.message }
    default:
      return seen
  }
}

function reachOutcome(code: string | undefined): Reach['outcome'] {
  switch (code) {
    case 'E_CONNECT_REFUSED':
      return 'refused'
    case 'E_CONNECT_TIMEOUT':
      return 'timed-out'
    case 'E_CONNECT_UNREACHABLE':
      return 'unreachable'
    case 'E_LOCAL_FIREWALL':
      return 'blocked'
    case 'E_NAME_NOT_FOUND':
      return 'no-name'
    case 'E_PROXY_FAILED':
      return 'proxy'
    // the connection was established, and reset before we could use it
    case 'E_HANDSHAKE_RESET':
    case 'E_HANDSHAKE_CLOSED':
      return 'connected'
    default:
      return 'local'
  }
}
