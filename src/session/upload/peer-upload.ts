import { copyBytes } from '../../base/bytes.ts'
import { BLOCK_LENGTH, MAX_PENDING_ANSWERS, METADATA_PIECE_LENGTH } from '../../base/limits.ts'
import type { Bitfield } from '../../wire/bitfield.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type MetadataMessage,
  metadataPieceLength,
} from '../../wire/extension/metadata.ts'
import type { HashRequest } from '../../wire/message/hash-request.ts'
import type { BlockRange, Message } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import { type Refusal, ServeQueue } from './serve-queue.ts'
import type { SessionState } from '../peer/state.ts'

/** A torrent and the part of it that is served. */
export interface ServedTorrent {
  readonly metainfo: Metainfo
  readonly have: Bitfield | 'all'
}

/** Why a request was not served. `choked-later`: it was queued when we choked the peer. */
export type RefusalReason =
  Refusal | 'choked-later' | 'hash-queue-full' | 'metadata-queue-full' | 'no-such-metadata'

/** The result of a batch of messages. */
export interface UploadOutput {
  /** Short messages to send at once. */
  readonly replies: readonly Message[]
  /** Number of useless messages in the batch: refused, repeated or unknown ones. Many of them are a flood. */
  readonly useless: number
}

/**
 * Serves one peer: handles its messages, answers at once where it can, and queues the requests whose blocks must be read.
 * Choking is decided elsewhere; `choke` reports it. No I/O, no time.
 */
export class PeerUpload {
  readonly #torrent: ServedTorrent
  readonly #state: SessionState
  readonly queue: ServeQueue
  readonly #standing: { readonly choking: boolean; readonly allowedFast: (piece: number) => boolean }
  #requests = 0
  #cancels = 0
  #haves = 0
  #replies: Message[] = []
  #useless = 0
  readonly #metadataPieces: number[] = []
  readonly #refusals = new Map<RefusalReason, number>()
  readonly #hashRequests: HashRequest[] = []

  constructor(torrent: ServedTorrent, state: SessionState, queueLength?: number) {
    const { metainfo, have } = torrent
    this.#torrent = torrent
    this.#state = state
    const pieces = {
      pieceCount: metainfo.pieceCount,
      lengthOf: (piece: number) => servedLength(metainfo, piece),
      has: (piece: number) => have === 'all' || have.has(piece),
    }
    this.queue = new ServeQueue(pieces, queueLength)
    this.#standing = {
      get choking() {
        return state.choking.amChoking
      },
      allowedFast: (piece) => this.#fast && state.fast.canServeWhileChoking(piece),
    }
  }

  get #fast(): boolean {
    return this.#state.negotiated('fast')
  }

  /** Number of refused requests by reason. Without the fast extension, refused block requests get no answer. */
  get refusals(): ReadonlyMap<RefusalReason, number> {
    return this.#refusals
  }

  /** Handles the messages of one chunk. `state` must have handled them before. */
  receive(messages: readonly Message[]): UploadOutput {
    this.#replies = []
    this.#useless = 0
    for (const message of messages) this.#take(message)
    return { replies: this.#replies, useless: this.#useless }
  }

  /** The next ut_metadata answer (16 KiB). Call it when there is room to send. */
  nextMetadata(): Message | undefined {
    const piece = this.#metadataPieces.shift()
    return piece === undefined ? undefined : this.#metadataData(piece)
  }

  /** The next hash request to answer with *hashes* or *hash reject*. Call it when there is room to send. */
  nextHashRequest(): HashRequest | undefined {
    return this.#hashRequests.shift()
  }

  /** Messages for a choke, in the order of BEP 6: *choke* first, then a *reject* for each queued request that it cancels. */
  choke(): readonly Message[] {
    const voided = this.queue.choke((piece) => this.#standing.allowedFast(piece))
    this.#countRefusals('choked-later', voided.length)
    const rejects = this.#fast ? voided.map((request) => rejectOf(request)) : []
    return [{ type: 'choke' }, ...rejects]
  }

  #take(message: Message): void {
    switch (message.type) {
      case 'request':
        this.#requests++
        this.#add(message)
        return
      case 'cancel':
        this.#cancel(message)
        return
      case 'have':
        // a download announces each piece once
        if (++this.#haves > this.#torrent.metainfo.pieceCount) this.#useless++
        return
      case 'extended':
        this.#useless++
        if (message.id === UT_METADATA_ID) this.#metadata(message.payload)
        return
      case 'hash-request':
        this.#useless++
        this.#hashRequest(message.request)
        return
      default:
        // a few of these are fine; only a flood of them matters
        this.#useless++
    }
  }

  #add(request: BlockRange): void {
    const reason = this.queue.add(request, this.#standing)
    if (reason !== undefined) this.#refuse(request, reason)
  }

  #refuse(request: BlockRange, reason: Refusal): void {
    this.#useless++
    this.#countRefusals(reason, 1)
    if (this.#fast) this.#replies.push(rejectOf(request))
  }

  #countRefusals(reason: RefusalReason, count: number): void {
    if (count > 0) this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + count)
  }

  #cancel(message: BlockRange): void {
    if (this.queue.cancel(message)) {
      if (this.#fast) this.#replies.push(rejectOf(message))
      return
    }
    // the cancel may have crossed its block on the way
    if (++this.#cancels > this.#requests) this.#useless++
  }

  #hashRequest(request: HashRequest): void {
    const isFull = this.#hashRequests.length >= MAX_PENDING_ANSWERS
    if (isFull) this.#countRefusals('hash-queue-full', 1)
    if (isFull) this.#replies.push({ type: 'hash-reject', request })
    else this.#hashRequests.push({ ...request, piecesRoot: copyBytes(request.piecesRoot) })
  }

  #metadata(payload: Uint8Array): void {
    const decoded = decodeMetadataMessage(payload)
    if (!decoded.ok || decoded.value.type !== 'request') return
    const { piece } = decoded.value
    const { infoBytes, private: isPrivate } = this.#torrent.metainfo
    const exists = !isPrivate && metadataPieceLength(piece, infoBytes.length) > 0
    if (exists && this.#metadataPieces.length < MAX_PENDING_ANSWERS) this.#metadataPieces.push(piece)
    else {
      this.#countRefusals(exists ? 'metadata-queue-full' : 'no-such-metadata', 1)
      this.#replyMetadata({ type: 'reject', piece })
    }
  }

  #replyMetadata(message: MetadataMessage): void {
    const reply = this.#metadataMessage(message)
    if (reply !== undefined) this.#replies.push(reply)
  }

  #metadataData(piece: number): Message | undefined {
    const { infoBytes } = this.#torrent.metainfo
    const start = piece * METADATA_PIECE_LENGTH
    const data = infoBytes.subarray(start, start + METADATA_PIECE_LENGTH)
    return this.#metadataMessage({ type: 'data', piece, totalSize: infoBytes.length, data })
  }

  /** Undefined for a peer that announced no id for ut_metadata: it cannot be answered. */
  #metadataMessage(message: MetadataMessage): Message | undefined {
    const id = this.#state.extensionHandshake?.extensions.get('ut_metadata') ?? 0
    return id === 0 ? undefined : { type: 'extended', id, payload: encodeMetadataMessage(message) }
  }
}

/**
 * The end of the requestable range of a piece. libtorrent requests the last block of a file in a v2 torrent in full, and
 * expects the zeros of an implied pad file; by BEP 52 such a block ends with the file.
 */
export function servedLength(metainfo: Metainfo, piece: number): number {
  const length = pieceLengthAt(metainfo, piece)
  return metainfo.version === 'v2' ? Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH : length
}

function rejectOf({ piece, begin, length }: BlockRange): Message {
  return { type: 'reject', piece, begin, length }
}
