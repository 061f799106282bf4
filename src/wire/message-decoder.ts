import { readUint32 } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { MAX_UNKNOWN_FRAME_LENGTH } from '../base/limits.ts'
import {
  checkHandshakePrefix,
  decodeHandshake,
  decodeHandshakeHead,
  HANDSHAKE_HEAD_LENGTH,
  HANDSHAKE_LENGTH,
  PROTOCOL_NAME,
  type Handshake,
  type HandshakeHead,
} from './handshake.ts'
import {
  decodeMessageAt,
  describeMessageId,
  isCopied,
  MAX_LENGTH_PREFIX,
  maxLengthPrefix,
  type Message,
} from './message.ts'

/** Where an item sat in its stream, in bytes from connect, so that a report can point at it. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** What one chunk completed: parallel lists, since an object more a message would halve the speed. */
export interface WireBatch {
  readonly handshake: Handshake | undefined
  readonly messages: readonly Message[]
  /** Where each message begins, in bytes from connect. */
  readonly offsets: readonly number[]
  /** Set once, at the end: from here on the stream cannot be framed. `error.offset` is where. */
  readonly broken: PeerError | undefined
}

/** The same, one object each, in order. */
export type WireItem =
  | (Span & { readonly kind: 'handshake'; readonly handshake: Handshake })
  | (Span & { readonly kind: 'message'; readonly message: Message })
  /** Always the last item. */
  | (Span & { readonly kind: 'broken'; readonly error: PeerError })

export interface MessageDecoderOptions {
  /** Where to begin: a stream from its start, or one whose handshake was read elsewhere. Default `handshake`. */
  readonly from?: 'handshake' | 'messages'
  /** Position of the first byte in its stream; default 0. */
  readonly offset?: number
}

/** Length prefix and id: with these five bytes a frame can be judged before memory is taken for it. */
const HEADER_LENGTH = 5

/** The longest message of fixed fields, *request*, with its prefix, in bytes: read through one small buffer. */
const SCRATCH_LENGTH = 17

/** Most memory taken at once for a frame that has only been announced, in bytes; more comes as its bytes do. */
const FIRST_ALLOCATION = 65_536

/**
 * Turns one direction of a connection, in chunks of any size, into wire items. Never throws on input: what
 * cannot be framed becomes a `broken` item. How the bytes are cut never changes the result. A frame that lies
 * whole in a chunk is decoded in place, without a copy, and shares its memory; one that was cut is put
 * together once. Holds at most one incomplete frame, and never more memory than twice the bytes it came from.
 */
export class MessageDecoder {
  /** Position of the first byte not yet given out, in its stream. */
  #offset: number
  #stage: 'handshake' | 'messages' | 'broken'
  #head: HandshakeHead | undefined
  /** The incomplete item: `#heldLength` bytes of `#held` are filled, `#needed` allow the next decision. */
  #held: Uint8Array
  #heldLength = 0
  #needed: number

  constructor(options: MessageDecoderOptions = {}) {
    this.#offset = options.offset ?? 0
    this.#stage = options.from ?? 'handshake'
    this.#held = new Uint8Array(HANDSHAKE_LENGTH)
    this.#needed = this.#stage === 'messages' ? 4 : 1
  }

  /** Bytes held that do not make a whole item yet. Above 0 at the end of the stream: the peer was cut off. */
  get pending(): number {
    return this.#heldLength
  }

  /** Position of the first byte not yet given out: where the next item begins. */
  get offset(): number {
    return this.#offset
  }

  /** The part of the handshake before the peer id, from 48 bytes on: an acceptor may answer it. */
  get handshakeHead(): HandshakeHead | undefined {
    return this.#head
  }

  /** The incomplete item's bytes so far; at most 64 KiB are shown. */
  peekPending(): Uint8Array {
    return this.#held.slice(0, Math.min(this.#heldLength, FIRST_ALLOCATION))
  }

  /** Returns what this chunk completed, oldest first. */
  push(chunk: Uint8Array): WireItem[] {
    const before = this.#offset
    const { handshake, messages, offsets, broken } = this.pushBatch(chunk)
    const items: WireItem[] = []
    if (handshake !== undefined)
      items.push({ kind: 'handshake', offset: before, length: HANDSHAKE_LENGTH, handshake })
    for (const [i, message] of messages.entries()) {
      const offset = offsets[i] as number
      items.push({ kind: 'message', offset, length: (offsets[i + 1] ?? this.#offset) - offset, message })
    }
    if (broken !== undefined) items.push({ kind: 'broken', offset: this.#offset, length: 0, error: broken })
    return items
  }

  /** As `push`, without an object for each item: for downloads and other fast streams. */
  pushBatch(chunk: Uint8Array): WireBatch {
    const batch: Batch = { handshake: undefined, messages: [], offsets: [], broken: undefined }
    let at = 0
    while (at < chunk.length && this.#stage !== 'broken') {
      at =
        this.#heldLength > 0 || this.#stage === 'handshake'
          ? this.#fill(chunk, at, batch)
          : this.#scan(chunk, at, batch)
    }
    return batch
  }

  /** The fast path: whole frames of `chunk` from `at` on, decoded in place. Keeps the cut one at the end. */
  #scan(chunk: Uint8Array, start: number, batch: Batch): number {
    const end = chunk.length
    let at = start
    let offset = this.#offset
    while (end - at > 4) {
      const size = readUint32(chunk, at)
      const next = at + 4 + size
      if (size > MAX_UNKNOWN_FRAME_LENGTH && size > maxLengthPrefix(chunk[at + 4] as number)) {
        this.#offset = offset
        return this.#break(size, chunk[at + 4], batch)
      }
      if (next > end) break
      batch.messages.push(decodeMessageAt(chunk, at + 4, size))
      batch.offsets.push(offset)
      offset += 4 + size
      at = next
    }
    this.#offset = offset
    return at < end ? this.#fill(chunk, at, batch) : at
  }

  /** The slow path: takes from `chunk` what the incomplete item lacks for its next decision, and decides. */
  #fill(chunk: Uint8Array, at: number, batch: Batch): number {
    const held = this.#held
    const start = this.#heldLength
    const taken = Math.min(this.#needed - start, chunk.length - at)
    if (start + taken > held.length) this.#grow(start + taken)
    // a view for each of many short runs would cost more than the loop
    if (taken <= 16) for (let i = 0; i < taken; i++) this.#held[start + i] = chunk[at + i] as number
    else this.#held.set(chunk.subarray(at, at + taken), start)
    this.#heldLength = start + taken
    if (this.#heldLength >= this.#needed) {
      if (this.#stage === 'handshake') this.#advanceHandshake(batch)
      else this.#advanceFrame(batch)
    }
    return at + taken
  }

  #advanceHandshake(batch: Batch): void {
    const bytes = this.#held.subarray(0, this.#heldLength)
    try {
      checkHandshakePrefix(bytes)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      this.#stage = 'broken'
      batch.broken = error
      return
    }
    if (bytes.length === HANDSHAKE_HEAD_LENGTH) this.#head = decodeHandshakeHead(bytes)
    if (bytes.length < HANDSHAKE_LENGTH) {
      this.#needed = nextHandshakeDecision(bytes.length)
      return
    }
    batch.handshake = decodeHandshake(bytes)
    this.#stage = 'messages'
    this.#release(HANDSHAKE_LENGTH)
    this.#held = new Uint8Array(SCRATCH_LENGTH)
  }

  #advanceFrame(batch: Batch): void {
    const size = readUint32(this.#held, 0)
    if (this.#heldLength === 4 && size > 0) {
      if (size > MAX_LENGTH_PREFIX) this.#break(size, undefined, batch)
      else this.#needed = HEADER_LENGTH
      return
    }
    const id = this.#held[4] as number
    if (this.#heldLength === HEADER_LENGTH && size > maxLengthPrefix(id)) {
      this.#break(size, id, batch)
      return
    }
    const length = 4 + size
    if (this.#heldLength < length) {
      this.#needed = length
      if (length > SCRATCH_LENGTH) this.#grow(Math.min(length, FIRST_ALLOCATION))
      return
    }
    batch.messages.push(decodeMessageAt(this.#held, 4, size))
    batch.offsets.push(this.#offset)
    this.#release(length)
    // what was decoded may share the buffer, which is then not filled again
    if (!isCopied(id, size)) this.#held = new Uint8Array(SCRATCH_LENGTH)
  }

  /** Makes room for at least `length` bytes, doubling, but never for more than the item needs. */
  #grow(length: number): void {
    if (this.#held.length >= length) return
    const grown = new Uint8Array(Math.max(length, Math.min(this.#needed, this.#held.length * 2)))
    grown.set(this.#held.subarray(0, this.#heldLength))
    this.#held = grown
  }

  #release(length: number): void {
    this.#offset += length
    this.#heldLength = 0
    this.#needed = 4
  }

  #break(size: number, id: number | undefined, batch: Batch): number {
    this.#stage = 'broken'
    this.#held = new Uint8Array(0)
    this.#heldLength = 0
    const limit = id === undefined ? MAX_LENGTH_PREFIX : maxLengthPrefix(id)
    const known = id === undefined ? undefined : describeMessageId(id)
    const what = id === undefined ? 'any message' : (known?.name ?? `the unknown message ${id}`)
    batch.broken = new PeerError(
      'E_FRAME_TOO_LARGE',
      `length prefix ${size} exceeds the limit of ${limit} bytes for ${what}`,
      {
        offset: this.#offset,
        reference: known?.reference ?? 'BEP 3',
      },
    )
    return 0
  }
}

/** A batch while it is filled. */
interface Batch {
  handshake: Handshake | undefined
  readonly messages: Message[]
  readonly offsets: number[]
  broken: PeerError | undefined
}

/** Each byte of the protocol name is judged as it comes; then the head counts, then the whole. */
function nextHandshakeDecision(length: number): number {
  if (length <= PROTOCOL_NAME.length) return length + 1
  return length < HANDSHAKE_HEAD_LENGTH ? HANDSHAKE_HEAD_LENGTH : HANDSHAKE_LENGTH
}
