import { readUint32 } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { BLOCK_LENGTH, MAX_UNKNOWN_FRAME_LENGTH } from '../base/limits.ts'
import {
  awaitsProtocolName,
  checkHandshakePrefix,
  decodeHandshake,
  decodeHandshakeHead,
  HANDSHAKE_HEAD_LENGTH,
  HANDSHAKE_LENGTH,
  type Handshake,
  type HandshakeHead,
} from './handshake.ts'
import { describeMessageId, MAX_LENGTH_PREFIX, maxLengthPrefix } from './message-id.ts'
import { decodeMessageAt, encodedLength, type Message } from './message.ts'

/** Where an item sat in its stream, in bytes from connect, so that a report can point at it. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** What one chunk completed, oldest first, without an object more for each message: that would halve the speed. */
export interface WireBatch {
  readonly handshake: Handshake | undefined
  readonly messages: readonly Message[]
  /** Where each message begins, in bytes from connect; worked out when first asked for. */
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
  /**
   * What is decoded is read or copied at once: it is valid until the next call only, and the memory of a frame that was cut
   * is then used again. In a download one block in four is cut; and what a peer drips grows old before it is whole, so that
   * V8 collects it tens of MiB later. Default false.
   */
  readonly lends?: boolean
}

/** The longest message of fixed fields, *request*, with its prefix, in bytes: read through one small buffer. */
const SCRATCH_LENGTH = 17

/** Most memory taken for a frame before its bytes come: that of one block. More is taken as bytes come. */
const FIRST_ALLOCATION = 13 + BLOCK_LENGTH

/** Most bytes that `peekPending` shows. */
const PEEK_LENGTH = 65_536

/** The length prefix of a frame, in bytes. */
const PREFIX_LENGTH = 4

/** A larger buffer is kept only while large frames follow each other, in bytes. */
const MAX_LENT_LENGTH = 65_536

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
  /** With fewer bytes than this held, nothing can be said about the frame; only while messages are read. */
  #wanted = PREFIX_LENGTH
  readonly #lends: boolean
  /** Takes turns with `#held` when memory is lent: what a call returned must outlive the frame that the call began. */
  #spare = new Uint8Array(SCRATCH_LENGTH)
  /** Whether something that the current call returns shares `#spare`. */
  #isSpareLent = false
  /** How many messages the last chunk had: room is made for as many, since growing a list costs as much as filling it. */
  #expected = 0

  constructor(options: MessageDecoderOptions = {}) {
    this.#offset = options.offset ?? 0
    this.#stage = options.from ?? 'handshake'
    this.#lends = options.lends ?? false
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
  pushBatch(input: Uint8Array): WireBatch {
    // a Buffer of Node's is a Uint8Array whose slice() does not copy: nobody above should have to know
    const chunk = input.constructor === Uint8Array ? input : plainView(input)
    this.#isSpareLent = false
    if (this.#stage === 'messages' && this.#heldLength + chunk.length < this.#wanted) {
      this.#hold(chunk, 0, this.#wanted)
      return NOTHING
    }
    const before = this.#stage === 'handshake' ? HANDSHAKE_LENGTH : 0
    const batch = new Batch(this.#offset + before, Math.min(this.#expected, chunk.length >> 2))
    let at = this.#stage === 'handshake' ? this.#readHandshake(chunk, batch) : 0
    if (this.#stage === 'messages' && this.#heldLength > 0) at = this.#completeHeld(chunk, at, batch)
    if (this.#stage === 'messages' && at < chunk.length) this.#readFrames(chunk, at, batch)
    batch.close()
    this.#expected = batch.messages.length
    return batch
  }

  #readHandshake(chunk: Uint8Array, batch: Batch): number {
    const taken = this.#hold(chunk, 0, HANDSHAKE_LENGTH)
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
    this.#release()
    return taken
  }

  /** The fast path: whole frames of `chunk` from `at` on, decoded in place. Holds the cut one at the end. */
  #readFrames(chunk: Uint8Array, start: number, batch: Batch): void {
    const end = chunk.length
    let at = start
    // less than a length prefix fits the scratch buffer
    let frame = SCRATCH_LENGTH
    while (end - at >= 4) {
      const size = readUint32(chunk, at)
      if (size > MAX_UNKNOWN_FRAME_LENGTH) {
        const offset = this.#offset + at - start
        batch.broken = judgeLength(size, at + 4 < end ? chunk[at + 4] : undefined, offset)
        if (batch.broken !== undefined) break
      }
      frame = 4 + size
      if (at + frame > end) break
      batch.add(decodeMessageAt(chunk, at + 4, size))
      at += frame
      frame = SCRATCH_LENGTH
    }
    this.#offset += at - start
    if (frame <= MAX_LENT_LENGTH && this.#spare.length > MAX_LENT_LENGTH)
      this.#spare = new Uint8Array(SCRATCH_LENGTH)
    if (batch.broken !== undefined) this.#stage = 'broken'
    else if (at < end) {
      this.#hold(chunk, at, frame)
      this.#wanted = this.#heldLength > PREFIX_LENGTH ? frame : PREFIX_LENGTH
    }
  }

  /** The slow path: adds to the held frame what it lacks, decodes it when whole, and returns the position behind it. */
  #completeHeld(chunk: Uint8Array, start: number, batch: Batch): number {
    const before = this.#heldLength
    // may take bytes of the next frame too, which are given back
    if (before < SCRATCH_LENGTH) this.#hold(chunk, start, SCRATCH_LENGTH)
    if (this.#heldLength < 4) return chunk.length
    const size = readUint32(this.#held, 0)
    if (size > MAX_UNKNOWN_FRAME_LENGTH) {
      batch.broken = judgeLength(size, this.#heldLength > 4 ? this.#held[4] : undefined, this.#offset)
      if (batch.broken !== undefined) {
        this.#stage = 'broken'
        this.#release()
        return chunk.length
      }
    }
    const frame = 4 + size
    if (this.#heldLength < frame) this.#hold(chunk, start + this.#heldLength - before, frame)
    // with its id known the length has been judged; before, the next byte may end the stream
    this.#wanted = this.#heldLength > PREFIX_LENGTH ? frame : PREFIX_LENGTH + 1
    if (this.#heldLength < frame) return chunk.length
    this.#wanted = PREFIX_LENGTH
    batch.add(decodeMessageAt(this.#held, 4, size))
    this.#offset += frame
    if (hasFixedFields(this.#held, size)) this.#heldLength = 0
    else this.#release()
    return start + frame - before
  }

  /** Takes from `chunk` what an item of `length` bytes lacks, as far as it is there, and returns how much that is. */
  #hold(chunk: Uint8Array, at: number, length: number): number {
    const held = this.#heldLength
    const taken = Math.min(length - held, chunk.length - at)
    if (held + taken > this.#held.length) this.#grow(held + taken, length)
    // a view for each of many short runs would cost more than the loop
    if (taken <= SCRATCH_LENGTH)
      for (let i = 0; i < taken; i++) this.#held[held + i] = chunk[at + i] as number
    else this.#held.set(chunk.subarray(at, at + taken), held)
    this.#heldLength = held + taken
    return taken
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
    this.#heldLength = 0
  }
}

function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** What most chunks of a peer that drips bring. */
const NOTHING: WireBatch = { handshake: undefined, messages: [], offsets: [], broken: undefined }

/** A batch while it is filled. */
class Batch implements WireBatch {
  handshake: Handshake | undefined = undefined
  readonly messages: Message[]
  broken: PeerError | undefined = undefined
  readonly #start: number
  #count = 0
  #offsets: readonly number[] | undefined

  constructor(start: number, expected: number) {
    this.#start = start
    // oxlint-disable-next-line unicorn/no-new-array -- the one way to make room without filling it
    this.messages = new Array<Message>(expected < 64 ? 0 : expected)
  }

  add(message: Message): void {
    this.messages[this.#count++] = message
  }

  close(): void {
    if (this.messages.length > this.#count) this.messages.length = this.#count
  }

  get offsets(): readonly number[] {
    this.#offsets ??= this.#sumLengths()
    return this.#offsets
  }

  #sumLengths(): number[] {
    let at = this.#start
    return this.messages.map((message) => {
      const offset = at
      at += encodedLength(message)
      return offset
    })
  }
}

/** True when the frame is one of fixed fields only, of which nothing decoded shares memory with it. */
function hasFixedFields(frame: Uint8Array, size: number): boolean {
  if (size === 0) return true
  const description = describeMessageId(frame[4] as number)
  return description !== undefined && description.max <= 12 && description.max === size - 1
}

/** Why no frame of this length may come; `id` is undefined until its byte is there. */
function judgeLength(size: number, id: number | undefined, offset: number): PeerError | undefined {
  // what no message may have is refused before the id has come, and so must not name it when it has
  const judged = size > MAX_LENGTH_PREFIX ? undefined : id
  const limit = judged === undefined ? MAX_LENGTH_PREFIX : maxLengthPrefix(judged)
  if (size <= limit) return undefined
  const known = judged === undefined ? undefined : describeMessageId(judged)
  const what = judged === undefined ? 'any message' : (known?.name ?? `the unknown message ${judged}`)
  return new PeerError(
    'E_FRAME_TOO_LARGE',
    `length prefix ${size} exceeds the limit of ${limit} bytes for ${what}`,
    { offset, reference: known?.reference ?? 'BEP 3' },
  )
}
