import { extended } from '../../base/extended.ts'
import { randomBytes } from 'node:crypto'
import { PeerError } from '../../base/errors.ts'
import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'
import { MAX_UNREAD_BYTES } from '../../base/limits.ts'
import {
  PeerSession,
  type PeerSessionOptions,
  type SessionRole,
  type SessionTorrent,
} from '../../session/peer/session.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import { copyMessage } from '../../wire/message/copy.ts'
import type { PendingBlock } from '../../wire/message/decoder.ts'
import type { Message } from '../../wire/message/message.ts'
import { generatePeerId, PEER_ID_LENGTH, PEER_ID_PREFIX } from '../../wire/peer-id/peer-id.ts'
import { systemClock, type Clock } from '../clock.ts'
import { connectionError, type ConnectionEnd } from './connection-end.ts'
import { dialHost, type PeerAddress } from '../dial-host.ts'
import { drive, type Drive } from './drive.ts'
import type { Diversion, MessageInlet } from './message-inlet.ts'
import { MessageQueue } from './message-queue.ts'
import type { Transport, TransportEnd } from '../transport.ts'

/** The identity and the observers of a connection. All members are optional. */
export interface ConnectionOptions extends Omit<PeerSessionOptions, 'role' | 'peerId' | 'reuseBuffers'> {
  /** 20 bytes; default a new random one. */
  readonly peerId?: Uint8Array
  readonly clock?: Clock
  readonly signal?: AbortSignal | undefined
  /** Called for every event, before any reader, with the resulting state. Its byte arrays are borrowed. */
  readonly onEvent?: ((event: SessionEvent, state: SessionState) => void) | undefined
  /**
   * Called at the end, with the number of bytes of an incomplete message, and with the time from which on this side did not
   * read any more: what it has queued may take long to leave after that.
   */
  readonly onEnd?: ((end: ConnectionEnd, pending: number, at: number) => void) | undefined
}

const CONNECT_TIMEOUT_MS = 5_000

/** How long a connection may take to close before it is reset, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5000

/**
 * An open connection to a peer, after both handshakes. Send messages with `send`; receive them with `receive`, `for await`, or in
 * batches for speed. A slow reader slows down the peer and does not increase memory use.
 */
export class PeerConnection implements AsyncIterable<Message> {
  readonly #transport: Transport
  readonly #session: PeerSession
  readonly #drive: Drive
  readonly #clock: Clock
  readonly #onEvent: ConnectionOptions['onEvent']
  readonly #onEnd: ConnectionOptions['onEnd']
  readonly #waiting = new MessageQueue()
  readonly #wakers = new Set<() => void>()
  #paused = false
  /** Bytes sent since the transport was full, and the position of the end of the data at that time. */
  #unreadBytes = 0
  #sentEnd = 0
  #forgetSignal: (() => void) | undefined
  #inlet: MessageInlet | undefined
  #failure: PeerError | undefined
  #end: ConnectionEnd | undefined
  /** When this side began to close. */
  #endedAt: number | undefined

  private constructor(transport: Transport, role: SessionRole, options: ConnectionOptions) {
    this.#transport = transport
    this.#onEvent = options.onEvent
    this.#onEnd = options.onEnd
    const { peerId = newPeerId() } = options
    this.#session = new PeerSession(extended(options, { role, peerId, reuseBuffers: true }))
    this.#clock = options.clock ?? systemClock
    this.#drive = drive(transport, this.#session, this.#clock, {
      events: (events) => this.#take(events),
      idle: () => this.#steerReading(),
      drained: () => this.#drained(),
      closed: (end) => this.#closed(end),
    })
  }

  /**
   * Sends our handshake first and waits for the peer's.
   *
   * @param to an open transport, or the address to dial over TCP
   * @throws PeerError E_NAME_NOT_FOUND, E_CONNECT_..., E_HANDSHAKE_CLOSED, _RESET, _TIMEOUT, E_NOT_BITTORRENT...,
   *   E_WRONG_INFO_HASH, E_SELF_CONNECTION
   */
  static async connect(
    to: Transport | PeerAddress,
    options: ConnectionOptions & {
      readonly torrent: SessionTorrent
      /** Default 5 s. */ readonly connectTimeoutMs?: number
    },
  ): Promise<PeerConnection> {
    const { signal, torrent, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
    const transport = 'host' in to ? await dialHost(to, connectTimeoutMs, signal) : to
    return PeerConnection.#opened(
      new PeerConnection(transport, { type: 'initiator', torrent }, options),
      signal,
    )
  }

  /**
   * Waits for the peer's handshake on an accepted transport, and answers it if `find` returns a torrent.
   * @throws PeerError as `connect`
   */
  static accept(
    transport: Transport,
    options: ConnectionOptions & { readonly find: Extract<SessionRole, { type: 'acceptor' }>['find'] },
  ): Promise<PeerConnection> {
    const role = { type: 'acceptor', find: options.find } as const
    return PeerConnection.#opened(new PeerConnection(transport, role, options), options.signal)
  }

  static async #opened(connection: PeerConnection, signal: AbortSignal | undefined): Promise<PeerConnection> {
    const abort = () => connection.#abort()
    signal?.addEventListener('abort', abort, { once: true })
    // a signal may live longer than thousands of connections
    connection.#forgetSignal = () => signal?.removeEventListener('abort', abort)
    if (signal?.aborted === true) abort()
    try {
      await connection.until(() => connection.#session.open)
      return connection
    } catch (error) {
      // callers can then read how it ended, and can dial again
      await connection.#endedWithin(CLOSE_TIMEOUT_MS)
      signal?.throwIfAborted()
      throw error
    }
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { kind, encryption, remote, bytesSent, bytesReceived } = this.#transport
    const { end, failure, state } = this
    const shown = {
      remote: `${remote.address} ${remote.port}`,
      transport: kind,
      encryption,
      bytesSent,
      bytesReceived,
      end,
      failure: failure?.code,
      state,
    }
    return inspectAs('PeerConnection', shown, options, inspect)
  }

  /** What is known about the peer, updated by the messages in both directions. */
  get state(): SessionState {
    return this.#session.state
  }

  /** The peer's handshake. */
  get handshake(): Handshake {
    const { handshake } = this.#session.state
    // the constructor is private, and `connect` and `accept` wait for the handshake
    if (handshake === undefined) throw new PeerError('E_INTERNAL', 'a connection without a handshake')
    return handshake
  }

  /** The block that is being received. */
  get pendingBlock(): PendingBlock | undefined {
    return this.#session.pendingBlock
  }

  get transport(): Pick<
    Transport,
    'kind' | 'encryption' | 'local' | 'remote' | 'bytesSent' | 'bytesReceived'
  > {
    return this.#transport
  }

  /** Set when the connection is over. */
  get end(): ConnectionEnd | undefined {
    return this.#end
  }

  /** Why the session failed; undefined while it is open and after an orderly end. */
  get failure(): PeerError | undefined {
    return this.#failure
  }

  /**
   * Sends messages in one write. Resolves when there is room for more, which never happens if the peer does not read.
   * @throws PeerError E_NOT_NEGOTIATED, with nothing sent; or the reason why the connection is over
   */
  async send(...messages: readonly Message[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#end !== undefined) throw this.#over(this.#end)
    this.#drive.send(messages)
    await this.until(() => this.#drive.hasRoom)
  }

  /** False while the peer does not read what was sent, and more would only accumulate. */
  get hasRoom(): boolean {
    return this.#drive.hasRoom
  }

  /** Sends bytes without any checks: for testing how a peer handles invalid data. */
  sendRaw(bytes: Uint8Array): void {
    this.#drive.sendRaw(bytes)
  }

  /**
   * The next message; undefined after an orderly close by either side.
   * @throws PeerError if the connection was reset or the framing was invalid
   */
  async receive(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#waiting.shift()
      if (message !== undefined) {
        this.#steerReading()
        return message
      }
      if (this.#isOver()) return undefined
      await this.#changed()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (let message = await this.receive(); message !== undefined; message = await this.receive())
      yield message
  }

  /** Yields all queued messages at once, then all that arrived in the meantime, and so on. Much cheaper than one by one. */
  async *batches(): AsyncGenerator<readonly Message[], void, undefined> {
    for (;;) {
      if (this.#waiting.length > 0) yield this.takeMessages()
      else if (this.#isOver()) return
      else await this.#changed()
    }
  }

  /**
   * Waits for messages to take.
   * @param deadline on the connection's clock, in milliseconds
   * @returns false after the deadline, even if messages are queued
   * @throws PeerError if the connection is over and every message was taken
   */
  async untilMessages(deadline: number): Promise<boolean> {
    // messages up to here have updated the state; a peer that never stops sending must not extend the deadline
    if (this.#clock.now() >= deadline) return false
    let late = false
    const cancel = this.#clock.schedule(deadline, () => {
      late = true
      this.#wake()
    })
    try {
      await this.until(() => late || this.#waiting.length > 0)
      return this.#waiting.length > 0
    } finally {
      cancel()
    }
  }

  /**
   * Takes all queued messages. V8 moves a value of a promise, or a variable that lives across an `await`, to the old generation and
   * collects it only tens of MiB later. Messages that are taken and processed between two waits are freed immediately.
   */
  takeMessages(): readonly Message[] {
    const batch = this.#waiting.takeAll()
    this.#steerReading()
    return batch
  }

  /**
   * Waits until a condition on the connection is true. It is checked after every event.
   * @throws PeerError if the connection ends first
   */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#end !== undefined) throw this.#over(this.#end)
      await this.#changed()
    }
  }

  /**
   * Delivers every message to an inlet, queued ones first, until `release`. For downloads, which copy each block once, from the
   * read buffer to its place.
   */
  divert(begin: (diversion: Diversion) => MessageInlet): void {
    const waiting = this.takeMessages()
    const inlet = begin({
      send: (messages) => void this.#drive.send(messages),
      release: () => {
        this.#inlet = undefined
      },
    })
    this.#inlet = inlet
    if (waiting.length > 0) inlet.messages(waiting)
    if (this.#end !== undefined) inlet.closed()
  }

  /** Sends what is queued, then FIN. */
  async close(): Promise<ConnectionEnd> {
    this.#finish()
    return this.#endedWithin(CLOSE_TIMEOUT_MS)
  }

  /** Closes immediately, with a reset. */
  async abort(): Promise<ConnectionEnd> {
    this.#abort()
    return this.#ended()
  }

  #finish(): void {
    this.#endedAt ??= this.#clock.now()
    this.#drive.end()
  }

  #abort(): void {
    this.#endedAt ??= this.#clock.now()
    this.#drive.abort()
  }

  async #endedWithin(timeoutMs: number): Promise<ConnectionEnd> {
    const cancel = this.#clock.schedule(this.#clock.now() + timeoutMs, () => this.#abort())
    try {
      return await this.#ended()
    } finally {
      cancel()
    }
  }

  async #ended(): Promise<ConnectionEnd> {
    while (this.#end === undefined) await this.#changed()
    return this.#end
  }

  #take(events: readonly SessionEvent[]): void {
    for (const event of events) {
      this.#onEvent?.(event, this.#session.state)
      if (event.type === 'received') this.#deliver(event)
      if (event.type === 'sent') this.#sent(event.end)
      if (event.type !== 'failed') continue
      this.#failure = event.error
      this.#finish()
    }
    this.#wake()
  }

  #sent(end: number): void {
    if (!this.#drive.hasRoom) this.#unreadBytes += end - this.#sentEnd
    this.#sentEnd = end
  }

  #drained(): void {
    this.#unreadBytes = 0
    this.#steerReading()
    this.#wake()
  }

  #deliver(event: Extract<SessionEvent, { readonly messages: unknown }>): void {
    const { messages, start, end } = event
    if (this.#inlet !== undefined) this.#inlet.messages(messages)
    else this.#waiting.push(messages.map(copyMessage), end - start)
  }

  #closed(end: TransportEnd): void {
    this.#forgetSignal?.()
    const { bytesSent, bytesReceived } = this.#transport
    const phase = this.#failure?.phase ?? this.#session.state.phase
    this.#end = { phase, bytesSent, bytesReceived, ...end }
    const now = this.#clock.now()
    this.#onEnd?.(this.#end, this.#session.pendingLength, end.by === 'us' ? (this.#endedAt ?? now) : now)
    this.#inlet?.closed()
    this.#wake()
  }

  /**
   * Pauses reading while too much is queued for our reader, and while the peer does not read what we send, because our answers to
   * further requests would only accumulate.
   */
  #steerReading(): void {
    const isUnread = this.#unreadBytes >= MAX_UNREAD_BYTES
    if (this.#paused ? isUnread || !this.#waiting.hasRoom : !isUnread && !this.#waiting.isFull) return
    this.#paused = !this.#paused
    if (this.#paused) this.#drive.pause()
    else this.#drive.resume()
  }

  /** True after an orderly end; throws for any other end. */
  #isOver(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    const end = this.#end
    if (end === undefined) return false
    if (end.failure !== undefined || (end.by === 'peer' && end.kind !== 'fin')) throw this.#over(end)
    return true
  }

  #over(end: ConnectionEnd): PeerError {
    return connectionError(end, this.#session.open)
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wakers.add(resolve))
  }

  #wake(): void {
    if (this.#wakers.size === 0) return
    const wakers = [...this.#wakers]
    this.#wakers.clear()
    for (const waker of wakers) waker()
  }
}

function newPeerId(): Uint8Array {
  return generatePeerId(PEER_ID_PREFIX, randomBytes(PEER_ID_LENGTH - PEER_ID_PREFIX.length))
}
