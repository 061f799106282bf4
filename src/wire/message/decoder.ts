import { readUint32 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { BLOCK_LENGTH, MAX_UNKNOWN_FRAME_LENGTH } from '../../base/limits.ts'
import {
  awaitsProtocolName,
  beginsHandshake,
  checkHandshakePrefix,
  decodeHandshake,
  decodeHandshakeHead,
  HANDSHAKE_HEAD_LENGTH,
  HANDSHAKE_LENGTH,
  type Handshake,
  type HandshakeHead,
} from '../handshake/handshake.ts'
import { type FrameLimit, haveFixedFields, judgeLengthPrefix, PREFIX_LENGTH } from './length-prefix.ts'
import { EMPTY_BATCH, FillingBatch, type WireBatch } from './batch.ts'
import { MessageId } from './id.ts'
import { type BlockRange, decodeMessageAt, encodedLength, type Message } from './message.ts'

/** Where an item sat in its stream, in bytes from connect, so that a report can point at it. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** What one chunk completed, one object each, in order. */
export type WireItem =
  | (Span & { readonly kind: 'handshake'; readonly handshake: Handshake })
  | (Span & { readonly kind: 'message'; readonly message: Message })
  /** Always the last item. */
  | (Span & { readonly kind: 'broken'; readonly error: PeerError })

/** Where a decoder begins, and who owns what it gives. */
export interface MessageDecoderOptions {
  /** Where to begin: a stream from its start, or one whose handshake was read elsewhere. Default `handshake`. */
  readonly from?: 'handshake' | 'messages'
  /** Position of the first byte in its stream; default 0. */
  readonly offset?: number
  /**
   * What is decoded is read or copied at once: it is valid until the next call only, and the memory of a frame that was cut
   * is then used again. In a download one block in four is cut; and what a peer drips grows old before it is whole, so that
   * V8 collects it tens of MiB later. Default false.
   */
  readonly lends?: boolean
  /** Takes less than `maxLengthPrefix` of some ids; frames of up to 64 KiB are always read. */
  readonly frameLimit?: FrameLimit | undefined
}

/** Room for what is left of one short chunk and for the next, in bytes; engines keep arrays up to this in their own heap. */
const SCRATCH_LENGTH = 64

/** Most memory taken for a frame before its bytes come: that of one block. More is taken as bytes come. */
const FIRST_ALLOCATION = 13 + BLOCK_LENGTH

/** Most bytes that `peekPending` shows. */
const PEEK_LENGTH = 65_536

/** A larger buffer is kept only while large frames follow each other, in bytes. */
const MAX_LENT_LENGTH = 65_536

/** A block whose message has come in part. */
export interface PendingBlock extends BlockRange {
  /** Bytes of the block that are there. */
  readonly received: number
}

/** Length prefix, id, piece and begin. */
const PIECE_HEAD_LENGTH = 13

/**
 * Turns one direction of a connection, in chunks of any size, into wire items. Never throws on input: what
 * cannot be framed becomes a `broken` item. How the bytes are cut never changes the result. A frame that lies
 * whole in a chunk is decoded in place, without a copy, and shares its memory; one that was cut is put
 * together. Holds at most one incomplete frame, in twice the memory of the bytes that came or in that of one block; when
 * it lends, also the memory of the frame before.
 */
export class MessageDecoder {
  /** Position of the first byte not yet given out, in its stream. */
  #offset: number
  #stage: 'handshake' | 'messages' | 'broken'
  #head: HandshakeHead | undefined
  /** Begins with the `#heldLength` bytes of the incomplete item. */
  #held = new Uint8Array(HANDSHAKE_LENGTH)
  #heldLength = 0
  /** More than is held: with fewer bytes nothing can be said about the item that was not said before. */
  #wanted: number
  readonly #lends: boolean
  readonly #frameLimit: FrameLimit | undefined
  /** Takes turns with `#held` when memory is lent: what a call returned must outlive the frame that the call began. */
  #spare = new Uint8Array(SCRATCH_LENGTH)
  /** Whether something that the current call returns shares `#spare`. */
  #isSpareLent = false
  /** How many messages the last chunk had: room is made for as many. */
  #expected = 0

  constructor(options: MessageDecoderOptions = {}) {
    this.#offset = options.offset ?? 0
    this.#frameLimit = options.frameLimit
    this.#stage = options.from ?? 'handshake'
    this.#wanted = this.#stage === 'handshake' ? HANDSHAKE_LENGTH : PREFIX_LENGTH
    this.#lends = options.lends ?? false
  }

  /** Bytes held that do not make a whole item yet. Above 0 at the end of the stream: the peer was cut off. */
  get pending(): number {
    return this.#heldLength
  }

  /** Bytes are held that do not begin a handshake, and are too few to say which other protocol they belong to. */
  get isForeign(): boolean {
    return this.#stage === 'handshake' && !beginsHandshake(this.#held.subarray(0, this.#heldLength))
  }

  /** The block that the incomplete item is; undefined when it is none, or its head has not come. */
  get pendingBlock(): PendingBlock | undefined {
    const held = this.#held
    if (this.#stage !== 'messages' || this.#heldLength < PIECE_HEAD_LENGTH) return undefined
    const length = readUint32(held, 0) + PREFIX_LENGTH - PIECE_HEAD_LENGTH
    if (held[PREFIX_LENGTH] !== MessageId.piece || length < 0) return undefined
    const received = this.#heldLength - PIECE_HEAD_LENGTH
    return { piece: readUint32(held, 5), begin: readUint32(held, 9), length, received }
  }

  /** Memory taken for the incomplete item, in bytes. */
  get pendingMemory(): number {
    return this.#held.length
  }

  /** Position of the first byte not yet given out: where the next item begins. */
  get offset(): number {
    return this.#offset
  }

  /** The part of the handshake before the peer id, from 48 bytes on: an acceptor may answer it. */
  get handshakeHead(): HandshakeHead | undefined {
    return this.#head
  }

  /** The incomplete item's bytes so far, or how what was no handshake begins; at most 64 KiB. A copy. */
  peekPending(): Uint8Array {
    return this.#held.slice(0, Math.min(this.#heldLength, PEEK_LENGTH))
  }

  /** Returns what this chunk completed, oldest first. */
  push(chunk: Uint8Array): WireItem[] {
    let offset = this.#offset
    const { handshake, messages, broken } = this.pushBatch(chunk)
    const items: WireItem[] = []
    if (handshake !== undefined) {
      items.push({ kind: 'handshake', offset, length: HANDSHAKE_LENGTH, handshake })
      offset += HANDSHAKE_LENGTH
    }
    for (const message of messages) {
      const length = encodedLength(message)
      items.push({ kind: 'message', offset, length, message })
      offset += length
    }
    if (broken !== undefined) items.push({ kind: 'broken', offset, length: 0, error: broken })
    return items
  }

  /** As `push`, without an object for each item: for downloads and other fast streams. */
  pushBatch(chunk: Uint8Array): WireBatch {
    this.#isSpareLent = false
    if (this.#stage === 'messages' && this.#heldLength + chunk.length < this.#wanted) {
      this.#hold(chunk, 0)
      return EMPTY_BATCH
    }
    const before = this.#stage === 'handshake' ? HANDSHAKE_LENGTH : 0
    const batch = new FillingBatch(this.#offset + before, Math.min(this.#expected, chunk.length >> 2))
    const at = this.#stage === 'handshake' ? this.#readHandshake(chunk, batch) : 0
    if (this.#stage === 'messages') this.#readMessages(chunk, at, batch)
    batch.close()
    this.#expected = batch.messages.length
    return batch
  }

  #readHandshake(chunk: Uint8Array, batch: FillingBatch): number {
    const taken = this.#hold(chunk, 0)
    const bytes = this.#held.subarray(0, this.#heldLength)
    try {
      checkHandshakePrefix(bytes, this.#offset)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      // another byte or two may name the protocol, and must then do so however the bytes were cut
      if (awaitsProtocolName(bytes)) return taken
      this.#stage = 'broken'
      batch.broken = error
      return taken
    }
    if (bytes.length >= HANDSHAKE_HEAD_LENGTH) this.#head ??= decodeHandshakeHead(bytes)
    if (bytes.length < HANDSHAKE_LENGTH) return taken
    batch.handshake = decodeHandshake(bytes)
    this.#stage = 'messages'
    this.#offset += HANDSHAKE_LENGTH
    this.#wanted = PREFIX_LENGTH
    // never lent: the head is shown as long as the decoder lives
    this.#held = new Uint8Array(SCRATCH_LENGTH)
    this.#heldLength = 0
    return taken
  }

  /** Everything behind the handshake. What is left at the end is held. */
  #readMessages(chunk: Uint8Array, start: number, batch: FillingBatch): void {
    let at = start
    if (this.#heldLength > 0) {
      const isShort = this.#heldLength + chunk.length <= SCRATCH_LENGTH
      at = isShort ? this.#readAppended(chunk, batch) : this.#completeHeld(chunk, batch)
    }
    if (at === chunk.length || this.#stage === 'broken') return
    // a Buffer of Node's is a Uint8Array whose slice() does not copy: nobody above should have to know
    const plain = chunk.constructor === Uint8Array ? chunk : plainView(chunk)
    const end = this.#readFrames(plain, at, chunk.length, batch)
    if (end > at) this.#forgetLargeSpare()
    if (batch.broken === undefined) this.#hold(chunk, end)
  }

  /** Decodes the whole frames from `start` to `end` in place, and returns where the first begins that is cut. */
  #readFrames(bytes: Uint8Array, start: number, end: number, batch: FillingBatch): number {
    let at = start
    let wanted = PREFIX_LENGTH
    while (end - at >= PREFIX_LENGTH) {
      const size = readUint32(bytes, at)
      if (size > MAX_UNKNOWN_FRAME_LENGTH) {
        const id = at + PREFIX_LENGTH < end ? bytes[at + PREFIX_LENGTH] : undefined
        batch.broken = judgeLengthPrefix(size, id, this.#offset + at - start, this.#frameLimit)
        // how long it may be depends on the id, so the next byte may end the stream
        wanted = PREFIX_LENGTH + 1
        if (batch.broken !== undefined || id === undefined) break
      }
      wanted = PREFIX_LENGTH + size
      if (end - at < wanted) break
      batch.add(decodeMessageAt(bytes, at + PREFIX_LENGTH, size))
      at += wanted
      wanted = PREFIX_LENGTH
    }
    this.#wanted = wanted
    this.#offset += at - start
    if (batch.broken !== undefined) this.#stage = 'broken'
    return at
  }

  /** A short chunk is read behind what is held: cheaper than to look for the end of the held frame in it. */
  #readAppended(chunk: Uint8Array, batch: FillingBatch): number {
    const held = this.#heldLength
    for (let i = 0; i < chunk.length; i++) this.#held[held + i] = chunk[i] as number
    this.#heldLength = held + chunk.length
    const read = this.#readFrames(this.#held, 0, this.#heldLength, batch)
    this.#drop(read)
    if (read > 0) this.#forgetLargeSpare()
    return chunk.length
  }

  /** Adds to the held frame what it lacks until it is whole and read, and returns the position behind it. */
  #completeHeld(chunk: Uint8Array, batch: FillingBatch): number {
    let at = 0
    // its length prefix, its id and the rest may have to come one after the other
    while (this.#heldLength > 0 && this.#heldLength + chunk.length - at >= this.#wanted) {
      at += this.#hold(chunk, at)
      this.#drop(this.#readFrames(this.#held, 0, this.#heldLength, batch))
    }
    if (this.#heldLength > 0) at += this.#hold(chunk, at)
    return at
  }

  /** Takes from `chunk` what is wanted, as far as it is there, and returns how much that is. */
  #hold(chunk: Uint8Array, at: number): number {
    const held = this.#heldLength
    const taken = Math.min(this.#wanted - held, chunk.length - at)
    if (held + taken > this.#held.length) this.#grow(held + taken, this.#wanted)
    // a view for each of many short runs would cost more than the loop
    if (taken <= SCRATCH_LENGTH)
      for (let i = 0; i < taken; i++) this.#held[held + i] = chunk[at + i] as number
    else this.#held.set(chunk.subarray(at, at + taken), held)
    this.#heldLength = held + taken
    return taken
  }

  /** Drops the first bytes held, whole frames that were decoded, and moves what is behind them to the front. */
  #drop(length: number): void {
    if (this.#stage === 'broken') {
      this.#heldLength = 0
      return
    }
    if (length === 0) return
    const read = this.#held
    const rest = this.#heldLength - length
    if (!haveFixedFields(read, length)) this.#release()
    for (let i = 0; i < rest; i++) this.#held[i] = read[length + i] as number
    this.#heldLength = rest
  }

  /** Makes room for `least` bytes and, in proportion to what is held, for more; never for more than `most`. */
  #grow(least: number, most: number): void {
    const outgrown = this.#held
    const room = Math.max(least, Math.min(most, Math.max(FIRST_ALLOCATION, 2 * outgrown.length)))
    const reuses = !this.#isSpareLent && this.#spare.length >= least
    const grown = reuses ? this.#spare : new Uint8Array(room)
    grown.set(outgrown.subarray(0, this.#heldLength))
    this.#held = grown
    if (reuses) this.#spare = outgrown
  }

  /** What was decoded may share the buffer, which is then not filled again, or not in this call. */
  #release(): void {
    const done = this.#held
    this.#held = this.#lends ? this.#spare : new Uint8Array(SCRATCH_LENGTH)
    if (this.#lends) this.#spare = done
    this.#isSpareLent = this.#lends
  }

  /** After whole frames of a chunk, unless a large one follows. */
  #forgetLargeSpare(): void {
    if (this.#wanted <= MAX_LENT_LENGTH && this.#spare.length > MAX_LENT_LENGTH)
      this.#spare = new Uint8Array(SCRATCH_LENGTH)
  }
}

function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
