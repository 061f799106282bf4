import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import { readBlocks, type BlockStore } from '../../session/upload/block-store.ts'
import { FloodMeter } from '../../session/upload/flood-meter.ts'
import type { PeerSession } from '../../session/peer/session.ts'
import type { SessionEvent } from '../../session/peer/step.ts'
import type { PieceHashServer } from '../../session/upload/piece-hash-server.ts'
import { PeerUpload, type RefusalReason, type ServedTorrent } from '../../session/upload/peer-upload.ts'
import type { PieceMessage } from '../../wire/message/parts.ts'
import type { BlockRange, Message } from '../../wire/message/message.ts'
import type { Clock } from '../clock.ts'
import { connectionError } from '../connection/connection-end.ts'
import { drive, type Drive } from '../connection/drive.ts'
import { PeerWatch, type MissedDeadline, type PeerDeadlines } from './peer-watch.ts'
import type { Transport, TransportEnd } from '../transport.ts'

/** How many bytes of blocks are read and written at a time. */
const BATCH_BYTES = 256 * 1024

/** How many bytes of short replies may be sent while the peer does not read. Above that, we stop reading from it. */
const MAX_UNREAD_REPLIES = 64

export interface ServedPeerOptions {
  readonly transport: Transport
  readonly session: PeerSession
  readonly torrent: ServedTorrent & { readonly store: BlockStore }
  readonly hashes: PieceHashServer
  /** Pieces that the peer may request while choked. */
  readonly allowedFast: () => readonly number[]
  readonly queueLength: number
  readonly deadlines: PeerDeadlines
  readonly clock: Clock
  readonly onEvent: (event: SessionEvent) => void
  /** Called when the memory of the peer's incomplete message changes. */
  readonly onFrame: (peer: ServedPeer, bytes: number) => void
  /** The first request of the peer that is not served for this reason; `answered` if it gets a reject. */
  readonly onRefused: (reason: RefusalReason, answered: boolean) => void
  /** The peer became interested or not interested. */
  readonly onInterest: () => void
  /** May be called before the constructor returns. */
  readonly onClosed: (peer: ServedPeer, end: TransportEnd, error: PeerError | undefined) => void
}

/**
 * Serves one connection: passes the peer's messages to a `PeerUpload`, reads the blocks, and writes them as fast as the peer
 * reads them. Its memory is bounded, whatever the peer does: the queue is limited, at most one batch is written ahead, and we
 * do not read from a peer that does not read.
 */
export class ServedPeer {
  readonly #options: ServedPeerOptions
  readonly #drive: Drive
  readonly #flood = new FloodMeter()
  readonly #watch: PeerWatch
  readonly connectedAt: number
  readonly #reported = new Set<RefusalReason>()
  #upload: PeerUpload | undefined
  #error: PeerError | undefined
  #closed = false
  #reading = false
  #serving = false
  #writable = true
  #unreadReplies = 0
  #paused = false
  #interested = false
  #hasAllowed = false
  #uploaded = 0
  #roundBytes = 0
  #frameMemory = 0

  constructor(options: ServedPeerOptions) {
    const { clock, transport, session, deadlines } = options
    this.#options = options
    this.connectedAt = clock.now()
    this.#watch = new PeerWatch(clock, deadlines, (what) => this.#missed(what))
    this.#drive = drive(transport, session, clock, {
      events: (events) => this.#take(events),
      idle: () => this.#idle(),
      drained: () => this.#drained(),
      closed: (end) => this.#ended(end),
    })
  }

  get interested(): boolean {
    return this.#interested
  }

  get choked(): boolean {
    return this.#options.session.state.choking.amChoking
  }

  get closed(): boolean {
    return this.#closed
  }

  /** How many requests were not served, by reason. */
  get refusals(): ReadonlyMap<RefusalReason, number> {
    return this.#upload?.refusals ?? new Map()
  }

  /** Bytes of blocks passed to the transport. */
  get uploaded(): number {
    return this.#uploaded
  }

  /** Bytes of blocks since the last call, for a choking round. */
  takeRoundBytes(): number {
    const bytes = this.#uploaded - this.#roundBytes
    this.#roundBytes = this.#uploaded
    return bytes
  }

  choke(): void {
    if (this.#upload !== undefined) this.#send(this.#upload.choke())
  }

  unchoke(): void {
    if (this.#upload !== undefined) this.#send([{ type: 'unchoke' }])
  }

  end(): void {
    this.#drive.end()
  }

  abort(): void {
    this.#drive.abort()
  }

  /** Closes, because other peers need the memory of its incomplete message. */
  dropFrame(): void {
    const message =
      'the incomplete messages of all peers take too much memory, and that of this peer is the oldest'
    this.#fail(
      new PeerError('E_MESSAGE_FLOOD', message, { phase: this.#options.session.state.phase }),
      'abort',
    )
  }

  /** Closes, to make room for another peer. */
  giveWay(): void {
    const message = 'there are too many connections, and this peer has been idle the longest'
    this.#fail(new PeerError('E_TIMEOUT', message, { phase: this.#options.session.state.phase }), 'abort')
  }

  #idle(): void {
    const { session, onFrame } = this.#options
    if (session.pendingMemory !== this.#frameMemory && !this.#closed) {
      this.#frameMemory = session.pendingMemory
      onFrame(this, this.#frameMemory)
    }
    this.#serve()
  }

  #take(events: readonly SessionEvent[]): void {
    for (const event of events) {
      this.#options.onEvent(event)
      if (event.type === 'handshake-received' && this.#options.session.open) this.#opened()
      if (event.type === 'received') this.#received(event.at, event.messages)
      if (event.type === 'failed') this.#fail(event.error, 'end')
    }
  }

  #opened(): void {
    const { session, torrent, queueLength } = this.#options
    this.#upload = new PeerUpload(torrent, session.state, queueLength)
  }

  /**
   * Sent only when it is known that the peer lacks pieces, so it follows a message from the peer. Transmission 3.00 needs that
   * over uTP: it does not process what we send before its first message until more arrives.
   */
  #allowFast(): void {
    const { session, allowedFast } = this.#options
    const { availability } = session.state
    if (this.#hasAllowed || availability.source === 'none' || !session.state.negotiated('fast')) return
    this.#hasAllowed = true
    if (availability.source === 'have-all') return
    const messages = allowedFast().map((piece) => ({ type: 'allowed-fast' as const, piece }))
    if (messages.length > 0) this.#send(messages)
  }

  #received(at: number, messages: readonly Message[]): void {
    this.#watch.heard(at)
    if (this.#upload === undefined || this.#error !== undefined) return
    this.#allowFast()
    const { replies, useless } = this.#upload.receive(messages)
    if (replies.length > 0) this.#send(replies)
    this.#reportRefusals(this.#upload)
    if (useless > 0 && this.#flood.add(at, useless)) {
      const message = 'the peer sends far more messages than a client needs'
      this.#fail(
        new PeerError('E_MESSAGE_FLOOD', message, { phase: this.#options.session.state.phase }),
        'abort',
      )
      return
    }
    const { peerInterested } = this.#options.session.state.choking
    if (peerInterested !== this.#interested) {
      this.#interested = peerInterested
      this.#options.onInterest()
    }
  }

  #reportRefusals({ refusals }: PeerUpload): void {
    if (refusals.size === this.#reported.size) return
    const answered = this.#options.session.state.negotiated('fast')
    for (const reason of refusals.keys()) {
      if (this.#reported.has(reason)) continue
      this.#reported.add(reason)
      this.#options.onRefused(reason, answered)
    }
  }

  /** Answers queued requests, one batch at a time, for as long as the peer reads. */
  #serve(): void {
    // each send calls this again when it is done
    if (this.#serving) return
    this.#serving = true
    while (this.#writable && !this.#reading && !this.#closed && this.#error === undefined) {
      if (!this.#serveNext()) break
    }
    this.#serving = false
  }

  /** Returns false if nothing is queued. */
  #serveNext(): boolean {
    const upload = this.#upload
    if (upload === undefined) return false
    const metadata = upload.nextMetadata()
    if (metadata !== undefined) {
      this.#send([metadata])
      return true
    }
    const hashRequest = upload.nextHashRequest()
    if (hashRequest !== undefined) {
      const { hashes, torrent } = this.#options
      const range = hashes.leavesOf(hashRequest)
      const data = range && torrent.store.read(range.piece, 0, range.length)
      this.#whenRead(data, (bytes) => this.#send([hashes.answer(hashRequest, range, bytes)]))
      return true
    }
    // every peer may request allowed-fast pieces, so at most one block waits for each peer that does not read
    const requests = upload.queue.take(this.choked ? BLOCK_LENGTH : BATCH_BYTES)
    if (requests.length === 0) return false
    this.#serveBlocks(requests)
    return true
  }

  #serveBlocks(requests: readonly BlockRange[]): void {
    this.#whenRead(readBlocks(this.#options.torrent.store, requests), ({ blocks, release }) => {
      const messages = requests.map(({ piece, begin }, i): PieceMessage => {
        const block = blocks[i] ?? new Uint8Array()
        this.#uploaded += block.length
        return { type: 'piece', piece, begin, block }
      })
      this.#send(messages, () => this.#drive.upload(messages, release))
    })
  }

  /** Continues immediately if the data is available, or else when it has been read; one read at a time. */
  #whenRead<T>(value: T | Promise<T>, then: (value: T) => void): void {
    if (!(value instanceof Promise)) {
      then(value)
      return
    }
    this.#reading = true
    void value.then(
      (read) => {
        this.#reading = false
        then(read)
        this.#serve()
      },
      // only for the read: an error in the handler above is a bug, not unreadable data
      (cause: unknown) => {
        const message = `cannot read the data: ${cause instanceof Error ? cause.message : String(cause)}`
        this.#fail(
          cause instanceof PeerError ? cause : new PeerError('E_INTERNAL', message, { cause }),
          'end',
        )
      },
    )
  }

  #send(messages: readonly Message[], send = () => this.#drive.send(messages)): void {
    // messages are processed after the whole chunk was decoded, and its end may have failed the session
    if (this.#closed || !this.#options.session.open) return
    const wasWritable = this.#writable
    this.#writable = send()
    if (this.#writable) return
    if (!wasWritable) this.#unreadReplies += messages.length
    this.#watch.blocked()
    if (this.#unreadReplies < MAX_UNREAD_REPLIES || this.#paused) return
    this.#paused = true
    this.#drive.pause()
  }

  #drained(): void {
    this.#writable = true
    this.#watch.drained()
    this.#unreadReplies = 0
    if (this.#paused) {
      this.#paused = false
      this.#drive.resume()
    }
    this.#serve()
  }

  #missed(what: MissedDeadline): void {
    const { deadlines, session } = this.#options
    const { phase } = session.state
    switch (what) {
      case 'lingering':
        // it does not react to our FIN
        this.#drive.abort()
        return
      case 'stalled': {
        const message = `the peer did not read for ${deadlines.stalledMs} ms`
        this.#fail(new PeerError('E_TIMEOUT', message, { phase }), 'abort')
        return
      }
      case 'silent': {
        // before the handshake the session has its own deadline, and nothing is received while reading is paused
        if (!session.open || this.#paused) return
        const message = `the peer did not send anything for ${deadlines.idleMs} ms`
        this.#fail(new PeerError('E_TIMEOUT', message, { phase }), 'end')
      }
    }
  }

  #fail(error: PeerError, how: 'end' | 'abort'): void {
    this.#error ??= error
    this.#watch.closing()
    this.#drive[how]()
  }

  #ended(end: TransportEnd): void {
    if (this.#closed) return
    this.#closed = true
    this.#watch.stop()
    this.#options.onClosed(this, end, this.#error ?? this.#lossOf(end))
  }

  #lossOf(end: TransportEnd): PeerError | undefined {
    if (end.failure === undefined) return undefined
    const { session, transport } = this.#options
    const { bytesSent, bytesReceived } = transport
    return connectionError({ ...end, phase: session.state.phase, bytesSent, bytesReceived }, session.open)
  }
}
