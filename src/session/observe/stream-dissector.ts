import type { PeerError } from '../../base/errors.ts'
import { ByteWindow } from '../../wire/capture/byte-window.ts'
import { beginsHandshake } from '../../wire/handshake/handshake.ts'
import { PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'
import type { WireBatch } from '../../wire/message/batch.ts'
import { MessageDecoder } from '../../wire/message/decoder.ts'
import { DissectorMemory, type MemoryHolder } from './dissector-memory.ts'
import { findBoundary } from './message-boundary.ts'
import type { StreamSink } from './stream-sink.ts'

/** A place at which a stream cannot be read as messages, because bytes before it are not in the capture. */
export interface StreamLoss {
  /** Where it begins in the stream, in bytes from connect, or from the first captured byte. */
  readonly offset: number
  /** Bytes up to the next message that was found; undefined when the capture lost a number of bytes that is not known. */
  readonly length: number | undefined
}

/** Takes what one direction of a connection says. */
export interface DissectorSink {
  /** @param end position after the last message */
  batch(at: number, batch: WireBatch, end: number): void
  /** The stream cannot be framed from here on. */
  broken(at: number, error: PeerError): void
  /** Messages were found again after a loss, or for the first time where the begin of the stream is not in the capture. */
  resynchronised(at: number, loss: StreamLoss): void
  fin(at: number): void
}

/** The public key with which MSE begins, in bytes. */
const FIRST_LENGTH = PUBLIC_KEY_LENGTH

/** Different values in that many random bytes: 80 on average, and hardly ever fewer. */
const RANDOM_VALUES = 64

/** Zeros that stand for lost bytes of a block. */
const FILLER = new Uint8Array(65_536)

/**
 * Cuts one direction of a captured connection into messages. Bytes that are lost inside a block are replaced by zeros, because
 * a block is only counted. After any other loss, the next plausible message is looked for.
 */
export class StreamDissector implements StreamSink, MemoryHolder {
  readonly #sink: DissectorSink
  readonly #memory: DissectorMemory
  #decoder: MessageDecoder
  /** Bytes in which a message is looked for; undefined while messages are decoded. */
  #search: ByteWindow | undefined
  /** Where the loss began. */
  #lostAt = 0
  /** Position of the first byte of `#search`. */
  #searchOffset = 0
  #isLengthKnown = true
  #mayBeginWithHandshake: boolean
  #isBroken = false
  #received = 0
  readonly #first = new Uint8Array(FIRST_LENGTH)
  #firstLength = 0

  /** @param isWhole whether the first byte of the stream is in the capture */
  constructor(isWhole: boolean, sink: DissectorSink, memory: DissectorMemory = new DissectorMemory()) {
    this.#sink = sink
    this.#memory = memory
    this.#decoder = new MessageDecoder({ reuseBuffers: true })
    this.#mayBeginWithHandshake = !isWhole
    if (!isWhole) this.#search = new ByteWindow()
  }

  /** Whether the stream begins with bytes that look random: keys and encrypted data do, text and most protocols do not. */
  get looksRandom(): boolean {
    return this.#firstLength === FIRST_LENGTH && new Set(this.#first).size >= RANDOM_VALUES
  }

  /** Bytes so far, with those that are known to be lost. */
  get received(): number {
    return this.#received
  }

  /** Bytes of a message that is incomplete. */
  get pending(): number {
    return this.#search === undefined ? this.#decoder.pending : 0
  }

  /** Whether messages are being looked for. */
  get isLost(): boolean {
    return this.#search !== undefined && this.#received > 0
  }

  bytes(at: number, bytes: Uint8Array): void {
    this.#received += bytes.length
    if (this.#firstLength < FIRST_LENGTH) {
      const first = bytes.subarray(0, FIRST_LENGTH - this.#firstLength)
      this.#first.set(first, this.#firstLength)
      this.#firstLength += first.length
    }
    if (this.#isBroken) return
    if (this.#search === undefined) this.#decode(at, bytes)
    else {
      this.#search.push(bytes)
      this.#find(at, this.#search)
      this.#search?.keep()
    }
    this.#memory.hold(this, this.#search?.length ?? this.#decoder.memory)
  }

  gap(at: number, length: number | undefined): void {
    this.#received += length ?? 0
    if (this.#isBroken) return
    if (length === undefined) this.#isLengthKnown = false
    if (this.#search !== undefined) {
      // what was held before the gap does not continue after it
      this.#searchOffset += this.#search.length + (length ?? 0)
      this.#search = new ByteWindow()
      this.#mayBeginWithHandshake = false
      return
    }
    const block = this.#decoder.pendingBlock
    if (length !== undefined && block !== undefined && length <= block.length - block.received) {
      for (let rest = length; rest > 0; rest -= FILLER.length)
        this.#decode(at, FILLER.subarray(0, Math.min(rest, FILLER.length)))
      return
    }
    this.#lostAt = this.#decoder.offset
    this.#searchOffset = this.#decoder.offset + this.#decoder.pending + (length ?? 0)
    this.#search = new ByteWindow()
  }

  /** An incomplete message counts as lost. */
  giveUp(): void {
    const { offset, pending } = this.#decoder
    if (this.#search !== undefined) {
      this.#searchOffset += this.#search.length
      this.#search = new ByteWindow()
    } else if (pending > 0 && !this.#isBroken) {
      this.#lostAt = offset
      this.#searchOffset = offset + pending
      this.#search = new ByteWindow()
    }
    this.#decoder = new MessageDecoder({ from: 'messages', offset, reuseBuffers: true })
  }

  fin(at: number): void {
    this.#sink.fin(at)
  }

  #decode(at: number, bytes: Uint8Array): void {
    const batch = this.#decoder.pushBatch(bytes)
    if (batch.handshake !== undefined || batch.messages.length > 0)
      this.#sink.batch(at, batch, this.#decoder.offset)
    if (batch.broken === undefined) return
    this.#isBroken = true
    this.#sink.broken(at, batch.broken)
  }

  #find(at: number, search: ByteWindow): void {
    const bytes = search.peek(search.length) ?? new Uint8Array()
    if (this.#mayBeginWithHandshake && beginsHandshake(bytes.subarray(0, 20))) {
      if (bytes.length < 20) return
      this.#search = undefined
      this.#decode(at, bytes)
      return
    }
    this.#mayBeginWithHandshake = false
    const { found, searched } = findBoundary(bytes)
    const place = this.#searchOffset + searched
    search.drop(searched)
    this.#searchOffset = place
    if (found === undefined) return
    this.#search = undefined
    this.#decoder = new MessageDecoder({ from: 'messages', offset: place, reuseBuffers: true })
    const length = this.#isLengthKnown ? place - this.#lostAt : undefined
    this.#isLengthKnown = true
    this.#sink.resynchronised(at, { offset: this.#lostAt, length })
    this.#decode(at, bytes.subarray(searched))
  }
}
