import { PeerError } from '../../base/errors.ts'
import { DEFAULT_REQQ } from '../../base/limits.ts'
import type { Clock } from '../../net/clock.ts'
import type { PieceStore } from '../../net/files/download-folder.ts'
import type { Diversion } from '../../net/connection/message-inlet.ts'
import { connectionError } from '../../net/connection/connection-end.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { refusal } from '../../session/peer/rejections.ts'
import { FetchQueue } from '../../session/download/fetch-queue.ts'
import type { Bitfield } from '../../wire/bitfield.ts'
import { fetchedLengthAt } from '../../wire/torrent/file-layout.ts'
import type { Message } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { longestPieceLength, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import type { FetchProgress } from '../../report/model/progress.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import type { PendingBlock } from '../../wire/message/decoder.ts'
import { blockTimeout, unchokeTimeout } from '../session/timeouts.ts'
import { PieceBuffers } from './piece-buffers.ts'
import { type FileRoots, verifyPiece } from './piece-verifier.ts'

/** Interval between checks of deadlines and progress, in milliseconds. */
const TICK_MS = 250

/** Give up on a peer after this many bad pieces, if it has sent more bad pieces than good ones. */
const MAX_BAD_PIECES = 10

export interface TransferOptions {
  readonly metainfo: Metainfo
  readonly pieces: Bitfield
  /** Receives each verified piece. */
  readonly roots: FileRoots
  /** Where to write verified pieces; undefined to discard them. */
  readonly store: PieceStore | undefined
  readonly clock: Clock
  readonly unchokeTimeoutMs: number
  /** Longest wait for a block while requests are outstanding, in milliseconds. */
  readonly blockTimeoutMs: number
  /** Called for each piece that does not have its hash. */
  readonly onBadPiece?: ((piece: number) => void) | undefined
  /** Called a few times a second. */
  readonly progress?: ((transfer: TransferProgress) => void) | undefined
}

export type TransferProgress = Pick<
  FetchProgress,
  'elapsedMs' | 'transferMs' | 'choked' | 'donePieces' | 'doneBytes'
>

/** State of a transfer, while it runs and after its end. */
export interface TransferResult {
  readonly queue: FetchQueue
  readonly verified: readonly number[]
  /** Pieces with a wrong hash; these are never written. */
  readonly bad: readonly number[]
  readonly bytes: number
  /** Bytes received of a requested block that came only in part. */
  readonly unfinishedBytes: number
  /** Why the bitfield of the peer does not show which pieces it has. */
  readonly misfit: string | undefined
  /** When we sent *interested*. */
  readonly startedAt: number
  /** When the peer first unchoked us; undefined if it did not. */
  readonly unchokedAt: number | undefined
  /** Undefined if we could not send a request. */
  readonly firstRequestAt: number | undefined
  readonly endedAt: number
}

/**
 * Fetches pieces over an open connection: each block is copied once, from the read buffer to its place in its piece,
 * and each piece is hashed and written as a whole. A slow disk slows down the peer, because nothing is read meanwhile.
 */
export class PieceTransfer implements TransferResult {
  readonly queue: FetchQueue
  readonly verified: number[] = []
  readonly bad: number[] = []
  bytes = 0
  readonly startedAt: number
  unchokedAt: number | undefined
  firstRequestAt: number | undefined
  endedAt: number
  readonly #connection: PeerConnection
  readonly #options: TransferOptions
  readonly #buffers: PieceBuffers
  #diversion: Diversion | undefined
  /** Start of the current wait for the peer. */
  #waitingSince: number
  /** Whether requests have been outstanding since then: sending them again does not restart the wait. */
  #hasAsked = false
  #askedAgain = false
  #settle: ((error?: unknown) => void) | undefined

  constructor(connection: PeerConnection, options: TransferOptions) {
    const { state } = connection
    const { metainfo, pieces, clock } = options
    this.#connection = connection
    this.#options = options
    this.#buffers = new PieceBuffers(longestPieceLength(metainfo))
    this.startedAt = clock.now()
    this.endedAt = this.startedAt
    this.#waitingSince = this.startedAt
    this.queue = new FetchQueue({
      pieces,
      pieceLength: (piece) => fetchedLengthAt(metainfo, piece),
      has: (piece) => state.availability.has(piece),
      fast: state.negotiated('fast'),
      reqq: state.extensionHandshake?.reqq ?? DEFAULT_REQQ,
    })
  }

  get unfinishedBytes(): number {
    return this.#pending?.received ?? 0
  }

  get misfit(): string | undefined {
    return this.#connection.state.availability.misfit
  }

  get #pending(): PendingBlock | undefined {
    const pending = this.#connection.pendingBlock
    return pending !== undefined && this.queue.awaits(pending) ? pending : undefined
  }

  /**
   * Runs until every wanted piece that the peer has is fetched or given up.
   * @throws PeerError E_UNCHOKE_TIMEOUT, E_BLOCK_TIMEOUT, E_MESSAGE_FLOOD..., E_HASHES_CONTRADICT, or the error of the
   *   connection or the disk; pieces verified by then are in place
   */
  async run(): Promise<void> {
    const { clock } = this.#options
    const timer: { cancel?: () => void } = {}
    const schedule = (): void => {
      timer.cancel = clock.schedule(this.#nextTick(), tick)
    }
    const tick = (): void => {
      this.#guard(() => this.#tick())
      schedule()
    }
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (error) => (error === undefined ? resolve() : reject(error))
        this.#guard(() => this.#begin())
        schedule()
      })
    } finally {
      timer.cancel?.()
      this.endedAt = clock.now()
      this.#diversion?.release()
      this.#report()
    }
  }

  #begin(): void {
    const { state } = this.#connection
    for (const piece of state.fast.allowedByPeer) this.queue.peerAllowsFast(piece)
    if (!state.choking.peerChoking) {
      this.queue.unchoked()
      this.unchokedAt = this.startedAt
    }
    this.#connection.divert((diversion) => {
      this.#diversion = diversion
      if (!state.choking.amInterested && !this.#isOver()) diversion.send([{ type: 'interested' }])
      return {
        messages: (messages) => this.#guard(() => this.#take(messages)),
        closed: () => this.#closed(),
      }
    })
    this.#refill()
  }

  /** An error thrown in a handler ends the transfer, not the process. */
  #guard(action: () => void): void {
    if (this.#settle === undefined) return
    try {
      action()
      if (this.#isOver()) this.#finish()
    } catch (error) {
      this.#finish(error)
    }
  }

  #finish(error?: unknown): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(error)
  }

  #take(messages: readonly Message[]): void {
    const answers: Message[] = []
    const at = this.#options.clock.now()
    for (const message of messages) {
      if (message.type === 'piece') this.#takeBlock(message, at)
      else this.#takeOther(message, answers)
    }
    if (answers.length > 0) this.#diversion?.send(answers)
    this.#refill()
  }

  #takeOther(message: Message, answers: Message[]): void {
    const { queue } = this
    switch (message.type) {
      case 'choke':
        queue.choked()
        this.#waitsFromNow()
        return
      case 'unchoke':
        queue.unchoked()
        this.unchokedAt ??= this.#options.clock.now()
        this.#waitsFromNow()
        return
      case 'have':
        if (queue.peerHas(message.piece)) this.#waitsFromNow()
        return
      case 'have-all':
      case 'bitfield':
        for (const piece of this.queue.unavailable)
          if (this.#connection.state.availability.has(piece)) queue.peerHas(piece)
        return
      case 'allowed-fast':
        if (this.#connection.state.negotiated('fast')) queue.peerAllowsFast(message.piece)
        return
      case 'reject': {
        const result = queue.rejected(message)
        if (result.type === 'refused') this.#buffers.release(result.piece)
        return
      }
      case 'extended':
        // the first requests do not wait for the extension handshake
        queue.reqq = this.#connection.state.extensionHandshake?.reqq ?? DEFAULT_REQQ
        this.#refuse(message, answers)
        return
      default:
        this.#refuse(message, answers)
    }
  }

  #refuse(message: Message, answers: Message[]): void {
    const answer = refusal(message, this.#connection.state, UT_METADATA_ID)
    if (answer !== undefined) answers.push(answer)
  }

  #takeBlock({ piece, begin, block }: Extract<Message, { type: 'piece' }>, at: number): void {
    const result = this.queue.received({ piece, begin, length: block.length }, at)
    if (result.type !== 'accepted') {
      if (this.queue.isFlooded) throw flooded(this.queue.counts.unrequested)
      return
    }
    this.bytes += block.length
    this.#waitsFrom(at)
    this.#askedAgain = false
    this.#buffers.of(piece).set(block, begin)
    if (result.pieceComplete) this.#complete(piece)
  }

  #complete(piece: number): void {
    const { metainfo, store } = this.#options
    const whole = this.#buffers.of(piece).subarray(0, pieceLengthAt(metainfo, piece))
    const fetched = fetchedLengthAt(metainfo, piece)
    // the buffer may have old content, and pad files are zeros
    whole.fill(0, fetched)
    if (verifyPiece(metainfo, piece, whole)) {
      this.#options.roots.add(piece, whole)
      store?.write(piece * metainfo.pieceLength, whole.subarray(0, fetched))
      this.verified.push(piece)
    } else {
      this.bad.push(piece)
      this.#options.onBadPiece?.(piece)
      if (this.bad.length >= MAX_BAD_PIECES && this.bad.length > this.verified.length) this.#finish()
    }
    this.#buffers.release(piece)
  }

  #refill(): void {
    if (this.#settle === undefined) return
    const at = this.#options.clock.now()
    const requests = this.queue.nextRequests(at)
    if (requests.length === 0) return
    this.firstRequestAt ??= at
    if (!this.#hasAsked) this.#waitsFrom(at)
    this.#send('request', requests)
  }

  #send(type: 'request' | 'cancel', requests: ReturnType<FetchQueue['nextRequests']>): void {
    this.#diversion?.send(requests.map(({ piece, begin, length }) => ({ type, piece, begin, length })))
  }

  #waitsFromNow(): void {
    this.#waitsFrom(this.#options.clock.now())
  }

  #waitsFrom(at: number): void {
    this.#waitingSince = at
    this.#hasAsked = this.queue.outstanding > 0
  }

  /** When to check deadlines and progress next; exact for deadlines. */
  #nextTick(): number {
    const { clock, unchokeTimeoutMs, blockTimeoutMs } = this.#options
    const now = clock.now()
    const deadlines = [this.#waitingSince + blockTimeoutMs, this.#waitingSince + unchokeTimeoutMs]
    return Math.min(now + TICK_MS, ...deadlines.filter((at) => at > now))
  }

  #tick(): void {
    const at = this.#options.clock.now()
    this.#report()
    this.#options.store?.checkLast()
    const { unchokeTimeoutMs, blockTimeoutMs } = this.#options
    const waitedMs = at - this.#waitingSince
    // chokes and unchokes restart the wait, but not forever
    if (at - (this.queue.lastBlockAt ?? this.startedAt) >= unchokeTimeoutMs + blockTimeoutMs)
      throw this.#blockTimeout(unchokeTimeoutMs + blockTimeoutMs)
    if (this.queue.isDone) {
      if (waitedMs >= unchokeTimeoutMs) this.#finish()
      return
    }
    if (this.#connection.state.choking.peerChoking && this.queue.outstanding === 0) {
      if (waitedMs >= unchokeTimeoutMs) throw unchokeTimeout(unchokeTimeoutMs, this.#connection.state)
      return
    }
    if (waitedMs >= blockTimeoutMs) throw this.#blockTimeout(blockTimeoutMs)
    const isLost = waitedMs >= blockTimeoutMs / 2 && !this.#askedAgain
    // if a peer silently dropped its whole queue, we send it once more
    const again = isLost ? this.queue.giveUpAll() : this.queue.expire(at)
    if (isLost) this.#askedAgain = true
    if (again.length > 0) this.#send('cancel', again)
    this.#refill()
  }

  #blockTimeout(timeoutMs: number): PeerError {
    const unread = this.#connection.hasRoom ? '' : '; the peer does not read what we send'
    return blockTimeout({
      timeoutMs,
      came: `${this.bytes + this.unfinishedBytes} bytes`,
      pending: this.#pending,
      note: unread,
      hint: 'what is verified stays: run the same command again to go on from there',
    })
  }

  #report(): void {
    const { clock, progress } = this.#options
    const choked = this.#connection.state.choking.peerChoking
    const now = clock.now()
    progress?.({
      elapsedMs: now - this.startedAt,
      transferMs: now - (this.firstRequestAt ?? now),
      choked,
      donePieces: this.verified.length,
      doneBytes: this.bytes + this.unfinishedBytes,
    })
  }

  /** A peer without pieces may announce some later, as super-seeders and new leechers do. */
  #isOver(): boolean {
    if (!this.queue.isDone) return false
    const { source } = this.#connection.state.availability
    return this.queue.unavailableCount === 0 || source === 'bitfield' || source === 'have-all'
  }

  #closed(): void {
    const { failure, end } = this.#connection
    if (failure !== undefined || end === undefined) this.#finish(failure)
    else this.#finish(connectionError(end, true))
  }
}

function flooded(unrequested: number): PeerError {
  return new PeerError('E_UNREQUESTED_BLOCK', `${unrequested} blocks came that were never asked for`, {
    phase: 'transfer',
    reference: 'BEP 3',
  })
}
