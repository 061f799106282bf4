import { equalBytes } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { encodeExtensionHandshake, type ExtensionHandshakeFields } from '../../wire/extension/handshake.ts'
import {
  copyHandshake,
  encodeHandshake,
  HANDSHAKE_LENGTH,
  type Handshake,
  type HandshakeHead,
} from '../../wire/handshake/handshake.ts'
import type { WireBatch } from '../../wire/message/batch.ts'
import { MessageDecoder, type PendingBlock } from '../../wire/message/decoder.ts'
import type { FrameLimit } from '../../wire/message/length-prefix.ts'
import { encodePieceParts } from '../../wire/message/parts.ts'
import { encodeMessages, type Message, type MessageType } from '../../wire/message/message.ts'
import { encodeFeatures, type NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { answerProblem, isUpgrade, selfConnection } from './handshake-problem.ts'
import { MessagesEvent } from './messages-event.ts'
import { negotiationNeeded } from './negotiation.ts'
import { SessionState } from './state.ts'
import type { SessionEvent, SessionInput, SessionOutput } from './step.ts'

/** What we announce about one torrent to a peer. */
export interface SessionTorrent {
  /** The 20 bytes of our handshake. */
  readonly infoHash: Uint8Array
  /** Whether `infoHash` is a truncated v2 info hash. The session then uses v2 from the start. Default false. */
  readonly isV2?: boolean | undefined
  /**
   * The truncated v2 hash of a hybrid torrent. If the peer answers with it, the session uses v2 (BEP 52 "upgrade path").
   * libtorrent does so even if we did not set the v2 bit, when it knows our address from the v2 swarm.
   */
  readonly v2InfoHash?: Uint8Array | undefined
  /** Omit it while it is unknown. */
  readonly pieceCount?: number | undefined
  /** Sent if both sides set the bit. Default: an empty one. */
  readonly extensionHandshake?: ExtensionHandshakeFields
  /** The pieces that we announce. Default: none. */
  readonly have?: 'none' | 'all' | Bitfield
}

/** Our side of the connection: an initiator names the torrent, an acceptor looks up the one that the peer names. */
export type SessionRole =
  | { readonly type: 'initiator'; readonly torrent: SessionTorrent }
  /** Waits for the peer's handshake and, if `find` knows the torrent, answers after its first 48 bytes. */
  | { readonly type: 'acceptor'; readonly find: (head: HandshakeHead) => SessionTorrent | undefined }

/** Who we are in a session, and how long it waits. */
export interface PeerSessionOptions {
  readonly role: SessionRole
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** The reserved bits of our handshake. Default: extension protocol and fast. */
  readonly features?: readonly NamedFeature[]
  /** Our handshake (from `localHandshake`) was already sent, inside an encryption handshake. Default false. */
  readonly handshakeIsSent?: boolean | undefined
  /** Time limit for the peer's complete handshake, from `connected` on, in milliseconds. Default 10 s. */
  readonly handshakeTimeoutMs?: number
  /** How long we stay silent before we send a keep-alive, in milliseconds. Default 45 s; peers drop silent connections after 60 s or more. */
  readonly keepAliveAfterMs?: number
  /**
   * Byte arrays in events are borrowed: they are valid only until the next step, because the memory of a message that was
   * split is reused. Copy what you keep. Default false.
   */
  readonly reuseBuffers?: boolean
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
    this.#decoder = new MessageDecoder({
      reuseBuffers: options.reuseBuffers ?? false,
      frameLimit: options.frameLimit,
    })
    this.#features = options.features ?? DEFAULT_FEATURES
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS
    this.#keepAliveAfterMs = options.keepAliveAfterMs ?? KEEP_ALIVE_AFTER_MS
    this.#torrent = options.role.type === 'initiator' ? options.role.torrent : undefined
    this.#state = this.#newState()
  }

  get state(): SessionState {
    return this.#state
  }

  /** The torrent of this session. An acceptor knows it once the peer has named it. */
  get torrent(): SessionTorrent | undefined {
    return this.#torrent
  }

  /** True once the peer's complete, valid handshake has been received. */
  get open(): boolean {
    return this.#stage === 'open'
  }

  /** Bytes received of an incomplete handshake or message. */
  get pendingLength(): number {
    return this.#decoder.pending
  }

  /** The block that has been received in part. */
  get pendingBlock(): PendingBlock | undefined {
    return this.#decoder.pendingBlock
  }

  /** Memory used for an incomplete message, in bytes. */
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

  /** Sends all 68 bytes in one write: some peers read the whole handshake at once or not at all. */
  #sendHandshake(at: number, torrent: SessionTorrent): void {
    const { peerId, handshakeIsSent = false } = this.#options
    const handshake = localHandshake(torrent, peerId, this.#features)
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
        new PeerError('E_WRONG_INFO_HASH', 'the peer asks for a torrent that we do not have', details),
      )
      return
    }
    this.#torrent = torrent
    this.#state = this.#newState()
    this.#sendHandshake(at, torrent)
  }

  #handshakeReceived(at: number, handshake: Handshake): void {
    const problem = this.#handshakeProblem(handshake)
    // the caller may reuse the bytes of the input, and the handshake is kept
    const kept = copyHandshake(handshake)
    this.#state.handshakeReceived(kept, this.#isV2(handshake.infoHash) ? 'v2' : 'v1')
    this.#events.push({ at, type: 'handshake-received', handshake: kept })
    if (problem !== undefined) {
      this.#fail(at, problem)
      return
    }
    this.#stage = 'open'
    this.#greet(at)
  }

  #handshakeProblem(handshake: Handshake): PeerError | undefined {
    const torrent = this.#torrent
    if (torrent === undefined) return undefined
    const { peerId, role } = this.#options
    if (role.type === 'initiator') return answerProblem(handshake, torrent, peerId)
    // an acceptor found the torrent by this hash, and may have answered with its other one
    return equalBytes(handshake.peerId, peerId) ? selfConnection() : undefined
  }

  /** The peer's answer decides for an initiator; our own answer decides for an acceptor. */
  #isV2(infoHash: Uint8Array): boolean {
    if (this.#torrent?.isV2 === true) return true
    return this.#options.role.type === 'initiator' && isUpgrade(infoHash, this.#torrent ?? {})
  }

  /** Sends what every client expects right after the handshakes: the extension handshake, then our pieces. */
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
    let blocks = 0
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as Message
      if (message.type === 'piece') {
        if (blocks === 0) this.#state.transferred('piece', 0)
        blocks++
      }
      // offsets are computed on demand
      else if (message.type === 'extended') this.#state.received(message, batch.offsets[i])
      else this.#state.received(message)
    }
    if (blocks > 0) this.#state.transferred('piece', blocks)
    this.#events.push(new MessagesEvent(at, 'received', messages, batch.start, this.#decoder.offset))
  }

  /**
   * Throws if one of the messages may not be sent now.
   * @throws PeerError E_NOT_NEGOTIATED before the handshakes, and for a message whose feature was not negotiated
   */
  checkSend(messages: readonly Message[]): void {
    const { phase } = this.#state
    if (this.#stage !== 'open')
      throw new PeerError('E_NOT_NEGOTIATED', 'no message can be sent before the handshakes', { phase })
    let checked: MessageType | undefined
    for (const { type } of messages) {
      if (type === checked) continue
      checked = type
      const feature = negotiationNeeded(type)
      if (feature === undefined || this.#state.negotiated(feature)) continue
      throw new PeerError('E_NOT_NEGOTIATED', `${type} needs ${feature}, which was not negotiated`, { phase })
    }
  }

  /** @param encoded the encoded messages, in any number of parts */
  #sendMessages(
    at: number,
    messages: readonly Message[],
    encoded: readonly Uint8Array[] = [encodeMessages(messages)],
  ): void {
    this.checkSend(messages)
    const start = this.#sentBytes
    let requests = 0
    for (const message of messages) {
      if (message.type === 'request') {
        if (requests === 0) this.#state.transferred('request', 0)
        requests++
      } else this.#state.sent(message)
    }
    if (requests > 0) this.#state.transferred('request', requests)
    for (const part of encoded) this.#write(at, part)
    this.#events.push(new MessagesEvent(at, 'sent', messages, start, this.#sentBytes))
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
    const what = this.#decoder.isForeign
      ? `${came === 1 ? 'one byte' : `${came} bytes`} that do not begin a handshake were received`
      : `${came} of ${HANDSHAKE_LENGTH} bytes of a handshake were received`
    const message = `${came === 0 ? 'no byte was received' : `only ${what}`} in ${this.#handshakeTimeoutMs} ms`
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

/** Our handshake for a session about `torrent`. */
export function localHandshake(
  { infoHash }: Pick<SessionTorrent, 'infoHash'>,
  peerId: Uint8Array,
  features: readonly NamedFeature[] = DEFAULT_FEATURES,
): Handshake {
  return { reserved: encodeFeatures(features), features, infoHash, peerId }
}

/** The message that announces our pieces; undefined if we have none and need not send one (BEP 3). */
function announcement({ have = 'none', pieceCount }: SessionTorrent, fast: boolean): Message | undefined {
  if (have === 'none' || (have !== 'all' && have.isEmpty)) return fast ? { type: 'have-none' } : undefined
  if (fast && (have === 'all' || have.isComplete)) return { type: 'have-all' }
  const bitfield = have === 'all' ? Bitfield.full(pieceCount ?? 0) : have
  return { type: 'bitfield', bits: bitfield.toBytes() }
}
