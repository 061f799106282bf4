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
import {
  type BlockRange,
  decodeMessageAt,
  encodedLength,
  type Message,
  PIECE_HEAD_LENGTH,
} from './message.ts'
import { Slab } from './slab.ts'

/** The position of an item in its stream, in bytes from connect, for reports. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** An item that a chunk completed. */
export type WireItem =
  | (Span & { readonly kind: 'handshake'; readonly handshake: Handshake })
  | (Span & { readonly kind: 'message'; readonly message: Message })
  /** Always the last item. */
  | (Span & { readonly kind: 'broken'; readonly error: PeerError })

/** Options of a decoder. */
export interface MessageDecoderOptions {
  /** Where to begin: at the start of the stream, or after a handshake that was read elsewhere. Default `handshake`. */
  readonly from?: 'handshake' | 'messages'
  /** Position of the first byte in its stream. Default 0. */
  readonly offset?: number
  /**
   * Byte arrays of decoded messages are borrowed: they are valid only until the next call, because the memory of a split
   * frame is then reused. In a download one block in four is split, and buffers of slow peers live long enough to be
   * promoted by V8, which frees them only tens of MiB later.
   *
   * Default false: decoded messages may be kept. A kept message also keeps the memory that it shares: its chunk, or when its
   * frame was split, up to 256 KiB of split frames that followed each other.
   */
  readonly reuseBuffers?: boolean
  /** Lower limits than `maxLengthPrefix` for some ids; frames of up to 64 KiB are always read. */
  readonly frameLimit?: FrameLimit | undefined
  /** Makes the memory for an incomplete frame, of at least that length in bytes. By default, it is new. */
  readonly allocate?: ((length: number) => Uint8Array) | undefined
}

/** Initial buffer, in bytes, for the rest of a short chunk and the next one; engines keep arrays up to this size on their heap. */
const SCRATCH_LENGTH = 64

/** Most memory allocated for a frame before its bytes arrive: enough for one block. More is allocated as bytes arrive. */
const FIRST_ALLOCATION = PIECE_HEAD_LENGTH + BLOCK_LENGTH

/** Shorter split frames have memory of their own: a small message that is kept must not keep a slab. */
const LEAST_CUT = BLOCK_LENGTH / 2

/** Most bytes that `peekPending` returns. */
const PEEK_LENGTH = 65_536

/** A larger buffer is kept only while large frames follow each other, in bytes. */
const MAX_BORROWED_LENGTH = 65_536

/** A block whose message has been received in part. */
export interface PendingBlock extends BlockRange {
  /** Bytes of the block received so far. */
  readonly received: number
}

/**
 * Decodes one direction of a connection, in chunks of any size, into wire items. Never throws on input: a stream that cannot
 * be framed ends in a `broken` item. The chunk boundaries never change the result. A frame that is complete in one chunk is
 * decoded in place, without a copy, and shares its memory; a split frame is reassembled. Holds at most one incomplete
 * frame, in at most twice the memory of the received bytes or the memory of one block; when memory is borrowed, also that of
 * the previous frame, and otherwise up to 256 KiB for the next blocks, while every chunk ends inside a frame.
 */
export class MessageDecoder {
  /** Position of the first byte not yet returned, in its stream. */
  #offset: number
  #stage: 'handshake' | 'messages' | 'broken'
  #head: HandshakeHead | undefined
  /** The first `#heldLength` bytes are those of the incomplete item. */
  #held: Uint8Array = new Uint8Array(HANDSHAKE_LENGTH)
  #heldLength = 0
  /** Bytes needed before the incomplete item can be decoded further; always more than are held. */
  #wanted: number
  readonly #reuseBuffers: boolean
  readonly #frameLimit: FrameLimit | undefined
  readonly #allocate: (length: number) => Uint8Array
  /** Alternates with `#held` when memory is borrowed: what a call returned must stay valid while the next frame is begun. */
  #spare: Uint8Array = new Uint8Array(SCRATCH_LENGTH)
  /** Whether something that the current call returns shares memory with `#spare`. */
  #isSpareBorrowed = false
  /** Where split blocks are reassembled that may be kept. */
  readonly #slab = new Slab()
  /** Number of messages in the last chunk, to preallocate the next list. */
  #expected = 0

  constructor(options: MessageDecoderOptions = {}) {
    this.#offset = options.offset ?? 0
    this.#frameLimit = options.frameLimit
    this.#allocate = options.allocate ?? newBytes
    this.#stage = options.from ?? 'handshake'
    this.#wanted = this.#stage === 'handshake' ? HANDSHAKE_LENGTH : PREFIX_LENGTH
    this.#reuseBuffers = options.reuseBuffers ?? false
  }

  /** Bytes held of an incomplete item. Above 0 at the end of the stream, the stream was cut off. */
  get pending(): number {
    return this.#heldLength
  }

  /** Bytes are held that do not begin a handshake, and are too few to say which other protocol they belong to. */
  get isForeign(): boolean {
    return this.#stage === 'handshake' && !beginsHandshake(this.#held.subarray(0, this.#heldLength))
  }

  /** The block in the incomplete item; undefined when it is not a block, or its head is incomplete. */
  get pendingBlock(): PendingBlock | undefined {
    const held = this.#held
    if (this.#stage !== 'messages' || this.#heldLength < PIECE_HEAD_LENGTH) return undefined
    const length = readUint32(held, 0) + PREFIX_LENGTH - PIECE_HEAD_LENGTH
    if (held[PREFIX_LENGTH] !== MessageId.piece || length < 0) return undefined
    const received = this.#heldLength - PIECE_HEAD_LENGTH
    return { piece: readUint32(held, 5), begin: readUint32(held, 9), length, received }
  }

  /** Memory used for the incomplete item, in bytes. */
  get pendingMemory(): number {
    return this.#held.length
  }

  /** All memory that is kept between calls, in bytes. */
  get memory(): number {
    return this.#held.length + this.#spare.length + this.#slab.reserved
  }

  /** Takes away what it keeps between calls. Do not use the decoder afterwards. */
  takeMemory(): readonly Uint8Array[] {
    const taken = [this.#held, this.#spare]
    this.#held = this.#spare = new Uint8Array()
    return taken
  }

  /** Position of the first byte not yet returned: where the next item begins. */
  get offset(): number {
    return this.#offset
  }

  /** The handshake up to the peer id, once 48 bytes are received: an acceptor may answer it. */
  get handshakeHead(): HandshakeHead | undefined {
    return this.#head
  }

  /** A copy of the bytes of the incomplete item, or of the start of what was not a handshake; at most 64 KiB. */
  peekPending(): Uint8Array {
    return this.#held.slice(0, Math.min(this.#heldLength, PEEK_LENGTH))
  }

  /** Decodes a chunk and returns the items that it completed, in order. */
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

  /** Like `push`, without an object per item: for downloads and other fast streams. */
  pushBatch(chunk: Uint8Array): WireBatch {
    this.#isSpareBorrowed = false
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
      // one or two more bytes may identify the protocol, and must do so whatever the chunk boundaries
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
    // never reused: the head stays available as long as the decoder
    this.#held = new Uint8Array(SCRATCH_LENGTH)
    this.#heldLength = 0
    return taken
  }

  /** Decodes everything after the handshake. An incomplete frame at the end is held. */
  #readMessages(chunk: Uint8Array, start: number, batch: FillingBatch): void {
    let at = start
    if (this.#heldLength > 0) {
      const isShort = this.#heldLength + chunk.length <= SCRATCH_LENGTH
      at = isShort ? this.#readAppended(chunk, batch) : this.#completeHeld(chunk, batch)
    }
    if (at === chunk.length || this.#stage === 'broken') return this.#slab.rest()
    // a Node Buffer is a Uint8Array whose slice() does not copy, which callers should not have to know
    const plain = chunk.constructor === Uint8Array ? chunk : plainView(chunk)
    const end = this.#readFrames(plain, at, chunk.length, batch)
    if (end > at) this.#forgetLargeSpare()
    if (batch.broken === undefined && end < chunk.length) this.#hold(chunk, end)
    else this.#slab.rest()
  }

  /** Decodes the complete frames from `start` to `end` in place, and returns where the first incomplete one begins. */
  #readFrames(bytes: Uint8Array, start: number, end: number, batch: FillingBatch): number {
    let at = start
    let wanted = PREFIX_LENGTH
    while (end - at >= PREFIX_LENGTH) {
      const size = readUint32(bytes, at)
      if (size > MAX_UNKNOWN_FRAME_LENGTH) {
        const id = at + PREFIX_LENGTH < end ? bytes[at + PREFIX_LENGTH] : undefined
        batch.broken = judgeLengthPrefix(size, id, this.#offset + at - start, this.#frameLimit)
        // the limit depends on the id, so the next byte may end the stream
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

  /** Appends a short chunk to the held bytes: cheaper than finding the end of the held frame in it. */
  #readAppended(chunk: Uint8Array, batch: FillingBatch): number {
    const held = this.#heldLength
    for (let i = 0; i < chunk.length; i++) this.#held[held + i] = chunk[i] as number
    this.#heldLength = held + chunk.length
    const read = this.#readFrames(this.#held, 0, this.#heldLength, batch)
    this.#drop(read)
    if (read > 0) this.#forgetLargeSpare()
    return chunk.length
  }

  /** Adds the missing bytes to the held frame until it is decoded, and returns the position after it. */
  #completeHeld(chunk: Uint8Array, batch: FillingBatch): number {
    let at = 0
    // its length prefix, its id and the rest may be completed one after the other
    while (this.#heldLength > 0 && this.#heldLength + chunk.length - at >= this.#wanted) {
      at += this.#hold(chunk, at)
      this.#drop(this.#readFrames(this.#held, 0, this.#heldLength, batch))
    }
    if (this.#heldLength > 0) at += this.#hold(chunk, at)
    return at
  }

  /** Copies the needed bytes from `chunk`, as far as available, and returns their number. */
  #hold(chunk: Uint8Array, at: number): number {
    const held = this.#heldLength
    const taken = Math.min(this.#wanted - held, chunk.length - at)
    if (held + taken > this.#held.length) this.#grow(held + taken, this.#wanted)
    // for short runs, creating a view costs more than the loop
    if (taken <= SCRATCH_LENGTH)
      for (let i = 0; i < taken; i++) this.#held[held + i] = chunk[at + i] as number
    else this.#held.set(chunk.subarray(at, at + taken), held)
    this.#heldLength = held + taken
    return taken
  }

  /** Drops decoded frames from the start of the held bytes, and moves the rest to the front. */
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

  /** Makes room for `least` bytes or, in proportion to what is held, for more; never for more than `most`. */
  #grow(least: number, most: number): void {
    const outgrown = this.#held
    const room = Math.max(least, Math.min(most, Math.max(FIRST_ALLOCATION, 2 * outgrown.length)))
    const reuses = !this.#isSpareBorrowed && this.#spare.length >= least
    const grown = reuses ? this.#spare : this.#roomFor(room, most)
    grown.set(outgrown.subarray(0, this.#heldLength))
    this.#held = grown
    if (reuses) this.#spare = outgrown
  }

  /** Returns `room` bytes for a frame of `length` bytes. */
  #roomFor(room: number, length: number): Uint8Array {
    const isCut = !this.#reuseBuffers && length >= LEAST_CUT && length <= FIRST_ALLOCATION
    return isCut ? this.#slab.cut(length) : this.#allocate(room)
  }

  /** Decoded messages may share the buffer, so it is not filled again, or not in this call. */
  #release(): void {
    const done = this.#held
    this.#held = this.#reuseBuffers ? this.#spare : new Uint8Array(SCRATCH_LENGTH)
    if (this.#reuseBuffers) this.#spare = done
    this.#isSpareBorrowed = this.#reuseBuffers
  }

  /** Frees a large spare buffer after the complete frames of a chunk, unless another large frame follows. */
  #forgetLargeSpare(): void {
    if (this.#wanted <= MAX_BORROWED_LENGTH && this.#spare.length > MAX_BORROWED_LENGTH)
      this.#spare = new Uint8Array(SCRATCH_LENGTH)
  }
}

function newBytes(length: number): Uint8Array {
  return new Uint8Array(length)
}

function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
