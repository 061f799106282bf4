import { copyBytes, equalBytes, toHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { encodeExtensionHandshake, type ExtensionHandshakeFields } from '../../wire/extension/handshake.ts'
import {
  encodeHandshake,
  HANDSHAKE_LENGTH,
  type Handshake,
  type HandshakeHead,
} from '../../wire/handshake/handshake.ts'
import type { WireBatch } from '../../wire/message/batch.ts'
import { MessageDecoder, type PendingBlock } from '../../wire/message/decoder.ts'
import type { FrameLimit } from '../../wire/message/length-prefix.ts'
import { encodePieceParts } from '../../wire/message/parts.ts'
import { encodedLength, encodeMessages, type Message } from '../../wire/message/message.ts'
import { encodeFeatures, type NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { negotiationNeeded } from './negotiation.ts'
import { SessionState } from './state.ts'
import type { SessionEvent, SessionInput, SessionOutput } from './step.ts'

/** What we say of one torrent to a peer. */
export interface SessionTorrent {
  /** The 20 bytes of our handshake. */
  readonly infoHash: Uint8Array
  /** Whether they are a v2 info hash cut short; the session is then one of v2 from the start. Default false. */
  readonly isV2?: boolean | undefined
  /**
   * The truncated v2 hash of a hybrid: an answer with it makes the session one of v2 (BEP 52 "upgrade path"). libtorrent
   * answers so as well when we did not set the v2 bit, if it has met our address on the v2 hash before.
   */
  readonly v2InfoHash?: Uint8Array | undefined
  /** Left out while it is unknown. */
  readonly pieceCount?: number | undefined
  /** Sent when both sides set the bit; default an empty one. */
  readonly extensionHandshake?: ExtensionHandshakeFields
  /** What we announce to have; default nothing. */
  readonly have?: 'none' | 'all' | Bitfield
}

/** Which side we are: an initiator names the torrent, an acceptor is asked for one. */
export type SessionRole =
  | { readonly type: 'initiator'; readonly torrent: SessionTorrent }
  /** Waits for the other handshake and answers it, when the torrent is ours, after its first 48 bytes. */
  | { readonly type: 'acceptor'; readonly find: (head: HandshakeHead) => SessionTorrent | undefined }

/** Who we are in a session, and how long it waits. */
export interface PeerSessionOptions {
  readonly role: SessionRole
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** The bits of our handshake; default extension protocol and fast. */
  readonly features?: readonly NamedFeature[]
  /** Our handshake is on its way already, inside an encryption handshake: `ourHandshake` made it. Default false. */
  readonly handshakeIsSent?: boolean | undefined
  /** How long the peer's whole handshake may take from `connected` on, in milliseconds. Default 10 s. */
  readonly handshakeTimeoutMs?: number
  /** How long we may stay silent before a keep-alive goes out, in milliseconds. Default 45 s; peers drop after 60 s and more. */
  readonly keepAliveAfterMs?: number
  /**
   * Whoever takes the events reads or copies their byte arrays before the next step: the memory of a message that was cut is
   * then used again. Default false.
   */
  readonly lends?: boolean
  /** As in `MessageDecoderOptions`. */
  readonly frameLimit?: FrameLimit | undefined
}

const KEEP_ALIVE_AFTER_MS = 45_000
const HANDSHAKE_TIMEOUT_MS = 10_000
const DEFAULT_FEATURES: readonly NamedFeature[] = ['extension-protocol', 'fast']

/** One peer connection as a pure state machine: no sockets, no timers, no clock, no randomness. */
export class PeerSession {
  readonly #options: PeerSessionOptions
  readonly #features: readonly NamedFeature[]
  readonly #handshakeTimeoutMs: number
  readonly #keepAliveAfterMs: number
  readonly #decoder: MessageDecoder
  #state: SessionState
  #torrent: SessionTorrent | undefined
  #stage: 'new' | 'handshake' | 'open' | 'failed' = 'new'
  #handshakeDeadline = 0
  #answered = false
  #sentBytes = 0
  #lastSentAt = 0
  #send: Uint8Array[] = []
  #events: SessionEvent[] = []

  constructor(options: PeerSessionOptions) {
    this.#options = options
    this.#decoder = new MessageDecoder({ lends: options.lends ?? false, frameLimit: options.frameLimit })
    this.#features = options.features ?? DEFAULT_FEATURES
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS
    this.#keepAliveAfterMs = options.keepAliveAfterMs ?? KEEP_ALIVE_AFTER_MS
    this.#torrent = options.role.type === 'initiator' ? options.role.torrent : undefined
    this.#state = this.#newState()
  }

  get state(): SessionState {
    return this.#state
  }

  /** The torrent that this session is about; an acceptor knows it once the peer has named it. */
  get torrent(): SessionTorrent | undefined {
    return this.#torrent
  }

  /** True from the peer's whole, valid handshake on. */
  get open(): boolean {
    return this.#stage === 'open'
  }

  /** How many bytes of the peer do not make a whole handshake or message yet. */
  get pendingLength(): number {
    return this.#decoder.pending
  }

  /** The block that has come in part. */
  get pendingBlock(): PendingBlock | undefined {
    return this.#decoder.pendingBlock
  }

  /** Memory taken for what does not make a whole message yet, in bytes. */
  get pendingMemory(): number {
    return this.#decoder.pendingMemory
  }

  step(input: SessionInput): SessionOutput {
    this.#send = []
    this.#events = []
    if (this.#stage !== 'failed') this.#take(input)
    return { send: this.#send, events: this.#events, wakeAt: this.#wakeAt() }
  }

  #newState(): SessionState {
    const { pieceCount, extensionHandshake } = this.#torrent ?? {}
    return new SessionState(this.#features, pieceCount, extensionHandshake?.extensions)
  }

  #take(input: SessionInput): void {
    switch (input.type) {
      case 'connected':
        this.#connected(input.at)
        return
      case 'bytes':
        this.#bytes(input.at, input.bytes)
        return
      case 'send':
        this.#sendMessages(input.at, input.messages)
        return
      case 'upload':
        this.#sendMessages(input.at, input.blocks, encodePieceParts(input.blocks))
        return
      case 'tick':
        this.#tick(input.at)
    }
  }

  #connected(at: number): void {
    this.#stage = 'handshake'
    this.#handshakeDeadline = at + this.#handshakeTimeoutMs
    this.#lastSentAt = at
    if (this.#torrent !== undefined) this.#sendHandshake(at, this.#torrent)
  }

  /** One write for all 68 bytes: some peers read the whole handshake at once or not at all. */
  #sendHandshake(at: number, torrent: SessionTorrent): void {
    const { peerId, handshakeIsSent = false } = this.#options
    const handshake = ourHandshake(torrent, peerId, this.#features)
    this.#answered = true
    if (handshakeIsSent) this.#sentBytes += HANDSHAKE_LENGTH
    else this.#write(at, encodeHandshake(handshake))
    this.#events.push({ at, type: 'handshake-sent', handshake })
  }

  #bytes(at: number, bytes: Uint8Array): void {
    const batch = this.#decoder.pushBatch(bytes)
    if (!this.#answered && this.#decoder.handshakeHead !== undefined)
      this.#answer(at, this.#decoder.handshakeHead)
    if (batch.handshake !== undefined && this.#stage === 'handshake')
      this.#handshakeReceived(at, batch.handshake)
    if (this.#stage === 'open' && batch.messages.length > 0) this.#messagesReceived(at, batch)
    if (batch.broken !== undefined && this.#stage !== 'failed')
      this.#fail(at, batch.broken.with({ phase: this.#state.phase }))
  }

  #answer(at: number, head: HandshakeHead): void {
    const { role } = this.#options
    if (role.type !== 'acceptor') return
    const torrent = role.find(head)
    if (torrent === undefined) {
      const details = { phase: 'handshake', offset: 28, reference: 'BEP 3' } as const
      this.#fail(
        at,
        new PeerError('E_WRONG_INFO_HASH', 'the peer asks for a torrent that is not here', details),
      )
      return
    }
    this.#torrent = torrent
    this.#state = this.#newState()
    this.#sendHandshake(at, torrent)
  }

  #handshakeReceived(at: number, handshake: Handshake): void {
    const problem = this.#handshakeProblem(handshake)
    // bytes of the input may be reused by the caller, the handshake is kept
    const kept = {
      ...handshake,
      reserved: copyBytes(handshake.reserved),
      infoHash: copyBytes(handshake.infoHash),
      peerId: copyBytes(handshake.peerId),
    }
    this.#state.handshakeReceived(kept, this.#isV2(handshake.infoHash) ? 'v2' : 'v1')
    this.#events.push({ at, type: 'handshake-received', handshake: kept })
    if (problem !== undefined) {
      this.#fail(at, problem)
      return
    }
    this.#stage = 'open'
    this.#greet(at)
  }

  #handshakeProblem({ infoHash, peerId }: Handshake): PeerError | undefined {
    const torrent = this.#torrent
    if (torrent === undefined) return undefined
    if (equalBytes(peerId, this.#options.peerId)) {
      return new PeerError(
        'E_SELF_CONNECTION',
        'the handshake carries our own peer id: this is ourselves, or an echo',
        {
          phase: 'handshake',
          offset: 48,
          reference: 'BEP 3',
        },
      )
    }
    // an acceptor found the torrent by the hash, and may have answered with its other one
    if (this.#options.role.type === 'acceptor') return undefined
    if (equalBytes(infoHash, torrent.infoHash) || this.#isUpgraded(infoHash)) return undefined
    return wrongInfoHash(infoHash, torrent)
  }

  /** Whether the peer answers for the v2 half of the torrent whose v1 hash we sent. */
  #isUpgraded(infoHash: Uint8Array): boolean {
    const { v2InfoHash } = this.#torrent ?? {}
    return v2InfoHash !== undefined && equalBytes(infoHash, v2InfoHash)
  }

  /** An initiator goes by the answer of the peer, an acceptor by its own. */
  #isV2(infoHash: Uint8Array): boolean {
    if (this.#torrent?.isV2 === true) return true
    return this.#options.role.type === 'initiator' && this.#isUpgraded(infoHash)
  }

  /** What every client expects right after the handshakes: the extension handshake, then what we have. */
  #greet(at: number): void {
    const torrent = this.#torrent
    if (torrent === undefined) return
    const messages: Message[] = []
    if (this.#state.negotiated('extension-protocol')) {
      messages.push({
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake(torrent.extensionHandshake ?? {}),
      })
    }
    const availability = announcement(torrent, this.#state.negotiated('fast'))
    if (availability !== undefined) messages.push(availability)
    if (messages.length > 0) this.#sendMessages(at, messages)
  }

  #messagesReceived(at: number, batch: WireBatch): void {
    const { messages } = batch
    for (const [i, message] of messages.entries()) {
      // offsets are worked out when asked for
      if (message.type === 'extended') this.#state.received(message, batch.offsets[i])
      else this.#state.received(message)
    }
    this.#events.push({
      at,
      type: 'received',
      messages,
      get offsets() {
        return batch.offsets
      },
      end: this.#decoder.offset,
    })
  }

  /**
   * Refuses what may not be sent now.
   * @throws PeerError E_NOT_NEGOTIATED before the handshakes, and for a message whose bit was not set by both sides
   */
  checkSend(messages: readonly Message[]): void {
    const { phase } = this.#state
    if (this.#stage !== 'open')
      throw new PeerError('E_NOT_NEGOTIATED', 'nothing can be sent before the handshakes', { phase })
    for (const message of messages) {
      const feature = negotiationNeeded(message)
      if (feature === undefined || this.#state.negotiated(feature)) continue
      throw new PeerError('E_NOT_NEGOTIATED', `${message.type} needs ${feature}, which was not negotiated`, {
        phase,
      })
    }
  }

  /** @param encoded the messages, in as many parts as are wanted */
  #sendMessages(
    at: number,
    messages: readonly Message[],
    encoded: readonly Uint8Array[] = [encodeMessages(messages)],
  ): void {
    this.checkSend(messages)
    const start = this.#sentBytes
    for (const message of messages) this.#state.sent(message)
    for (const part of encoded) this.#write(at, part)
    this.#events.push({
      at,
      type: 'sent',
      messages,
      get offsets() {
        return offsetsFrom(start, messages)
      },
      end: this.#sentBytes,
    })
  }

  #tick(at: number): void {
    if (this.#stage === 'handshake' && at >= this.#handshakeDeadline) {
      this.#fail(at, this.#handshakeTimeout())
    } else if (this.#stage === 'open' && at - this.#lastSentAt >= this.#keepAliveAfterMs) {
      this.#sendMessages(at, [{ type: 'keep-alive' }])
    }
  }

  #handshakeTimeout(): PeerError {
    const came = this.#decoder.pending
    const message =
      came === 0
        ? `no byte came in ${this.#handshakeTimeoutMs} ms`
        : `only ${came} of ${HANDSHAKE_LENGTH} bytes of a handshake came in ${this.#handshakeTimeoutMs} ms`
    return new PeerError('E_HANDSHAKE_TIMEOUT', message, { phase: 'handshake', offset: came })
  }

  #fail(at: number, error: PeerError): void {
    this.#stage = 'failed'
    this.#events.push({ at, type: 'failed', error })
  }

  #write(at: number, bytes: Uint8Array): void {
    this.#send.push(bytes)
    this.#sentBytes += bytes.length
    this.#lastSentAt = at
  }

  #wakeAt(): number | undefined {
    if (this.#stage === 'handshake') return this.#handshakeDeadline
    return this.#stage === 'open' ? this.#lastSentAt + this.#keepAliveAfterMs : undefined
  }
}

/** Of a torrent whose v1 hash alone is known the answer may be the v2 hash: nothing here tells it from another torrent. */
function wrongInfoHash(answer: Uint8Array, { isV2 = false, v2InfoHash }: SessionTorrent): PeerError {
  const mayBeHybrid = !isV2 && v2InfoHash === undefined
  const what = mayBeHybrid ? 'another info hash' : 'another torrent'
  const hint =
    'the v2 hash of a hybrid torrent looks the same: give the .torrent, or a magnet link with both hashes'
  return new PeerError('E_WRONG_INFO_HASH', `the peer answers for ${what}, ${toHex(answer)}`, {
    phase: 'handshake',
    offset: 28,
    reference: 'BEP 3',
    ...(mayBeHybrid ? { hint } : {}),
  })
}

/** The handshake with which a session about a torrent begins. */
export function ourHandshake(
  { infoHash }: Pick<SessionTorrent, 'infoHash'>,
  peerId: Uint8Array,
  features: readonly NamedFeature[] = DEFAULT_FEATURES,
): Handshake {
  return { reserved: encodeFeatures(features), features, infoHash, peerId }
}

function offsetsFrom(start: number, messages: readonly Message[]): number[] {
  let at = start
  return messages.map((message) => {
    const offset = at
    at += encodedLength(message)
    return offset
  })
}

/** The message that says what we have; undefined where silence says it (BEP 3: no pieces, no bitfield). */
function announcement({ have = 'none', pieceCount }: SessionTorrent, fast: boolean): Message | undefined {
  if (have === 'none' || (have !== 'all' && have.isEmpty)) return fast ? { type: 'have-none' } : undefined
  if (fast && (have === 'all' || have.isComplete)) return { type: 'have-all' }
  const bitfield = have === 'all' ? Bitfield.full(pieceCount ?? 0) : have
  return { type: 'bitfield', bits: bitfield.toBytes() }
}
