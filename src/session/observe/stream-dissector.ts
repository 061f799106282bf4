import type { PeerError } from '../../base/errors.ts'
import { ByteWindow } from '../../wire/capture/byte-window.ts'
import { beginsHandshake } from '../../wire/handshake/handshake.ts'
import type { WireBatch } from '../../wire/message/batch.ts'
import { MessageDecoder } from '../../wire/message/decoder.ts'
import type { Role } from './connection.ts'
import { DissectorMemory, type MemoryHolder } from './dissector-memory.ts'
import { findBoundary } from './message-boundary.ts'
import { LAST_PLAINTEXT, PlaintextHandshake } from './plaintext-handshake.ts'
import { StreamBegin } from './stream-begin.ts'
import type { StreamSink } from './stream-sink.ts'

/** A place at which a stream cannot be read as messages, because bytes before it are not in the capture. */
export interface StreamLoss {
  /** Where it begins in the stream, in bytes from connect, or from the first captured byte. */
  readonly offset: number
  /** Bytes up to the next message that was found; undefined when the capture lost a number of bytes that is not known. */
  readonly length: number | undefined
}

/**
 * Takes what the directions of a connection say, each with its sender. One object for both: a capture may have thousands of
 * connections.
 */
export interface DissectorSink {
  /** @param end position after the last message */
  batch(from: Role, at: number, batch: WireBatch, end: number): void
  /** The stream cannot be framed from here on. */
  broken(from: Role, at: number, error: PeerError): void
  /** Messages were found again after a loss, or for the first time where the begin of the stream is not in the capture. */
  resynchronised(from: Role, at: number, loss: StreamLoss): void
  /** The stream begins with an encryption handshake (MSE), and what follows it is plaintext. */
  plaintextAfterMse(from: Role, at: number): void
}

/** A stream that does not begin with a handshake, but perhaps with an encryption handshake that plaintext follows. */
interface MseBegin {
  /** What is wrong with the stream if it does not. */
  readonly error: PeerError
  readonly handshake: PlaintextHandshake
}

const NOTHING = new Uint8Array()

/** Zeros that stand for lost bytes of a block. */
const FILLER = new Uint8Array(65_536)

/**
 * Cuts one direction of a captured connection into messages. Bytes that are lost inside a block are replaced by zeros, because
 * a block is only counted. After any other loss, the next plausible message is looked for.
 */
export class StreamDissector implements StreamSink, MemoryHolder {
  readonly #from: Role
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
  /** Undefined after a handshake. */
  #begin: StreamBegin | undefined = new StreamBegin()
  #mse: MseBegin | undefined
  /** What the other stream of the connection is, as far as it says what this one can be. */
  #other: 'unknown' | 'plaintext' | 'plaintext-after-mse' = 'unknown'

  /** @param isWhole whether the first byte of the stream is in the capture */
  constructor(
    from: Role,
    isWhole: boolean,
    sink: DissectorSink,
    memory: DissectorMemory = new DissectorMemory(),
  ) {
    this.#from = from
    this.#sink = sink
    this.#memory = memory
    this.#decoder = this.#newDecoder('handshake', 0)
    this.#mayBeginWithHandshake = !isWhole
    if (!isWhole) this.#search = this.#newWindow()
  }

  /** Whether the stream begins with bytes that look random. */
  get looksRandom(): boolean {
    return this.#begin?.looksRandom === true
  }

  /** Whether the stream begins with other bytes than a handshake, and nothing else is known of it. */
  get isForeign(): boolean {
    return this.#mse !== undefined
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
    return this.#search !== undefined && this.#mse === undefined && this.#received > 0
  }

  bytes(at: number, bytes: Uint8Array): void {
    this.#received += bytes.length
    this.#begin?.take(bytes)
    if (this.#isBroken) return
    if (this.#search === undefined) this.#decode(at, bytes)
    else this.#look(at, this.#search, bytes)
    this.#memory.hold(this, this.#search?.memory ?? this.#decoder.memory)
  }

  gap(at: number, length: number | undefined): void {
    this.#received += length ?? 0
    if (this.#isBroken) return
    if (length === undefined) this.#isLengthKnown = false
    if (this.#search !== undefined) {
      // what was held before the gap does not continue after it
      this.#searchOffset += this.#search.length + (length ?? 0)
      this.#search = this.#newWindow()
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
    this.#search = this.#newWindow()
  }

  /** An incomplete message counts as lost. */
  giveUp(): void {
    const { offset, pending } = this.#decoder
    if (this.#search !== undefined) {
      this.#searchOffset += this.#search.length
      this.#memory.recycle(this.#search.takeMemory())
      this.#search = this.#newWindow()
    } else if (pending > 0 && !this.#isBroken) {
      this.#lostAt = offset
      this.#searchOffset = offset + pending
      this.#search = this.#newWindow()
    }
    for (const bytes of this.#decoder.takeMemory()) this.#memory.recycle(bytes)
    this.#decoder = this.#newDecoder('messages', offset)
  }

  fin(at: number): void {
    this.#refuse(at)
  }

  /** The other stream of the connection begins with a handshake, so this one does not begin with MSE. */
  otherIsPlaintext(at: number): void {
    this.#other = 'plaintext'
    this.#refuse(at)
  }

  /** The other stream of the connection is plaintext after MSE, so this one is as well. */
  otherIsPlaintextAfterMse(at: number): void {
    this.#other = 'plaintext-after-mse'
    if (this.#search !== undefined) this.#look(at, this.#search, NOTHING)
  }

  #newWindow(): ByteWindow {
    return new ByteWindow(this.#memory.allocate)
  }

  #newDecoder(from: 'handshake' | 'messages', offset: number): MessageDecoder {
    return new MessageDecoder({ from, offset, reuseBuffers: true, allocate: this.#memory.allocate })
  }

  #decode(at: number, bytes: Uint8Array): void {
    const batch = this.#decoder.pushBatch(bytes)
    if (batch.handshake !== undefined) this.#begin = undefined
    if (batch.handshake !== undefined || batch.messages.length > 0)
      this.#sink.batch(this.#from, at, batch, this.#decoder.offset)
    if (batch.broken === undefined) return
    const { offset } = this.#decoder
    if (offset > 0 || this.#other === 'plaintext') {
      this.#isBroken = true
      this.#sink.broken(this.#from, at, batch.broken)
      return
    }
    this.#mse = { error: batch.broken, handshake: new PlaintextHandshake() }
    this.#searchOffset = this.#received - bytes.length
    this.#search = this.#newWindow()
    this.#look(at, this.#search, bytes)
  }

  #look(at: number, search: ByteWindow, bytes: Uint8Array): void {
    if (bytes.length > 0) search.push(bytes)
    if (this.#mse === undefined) this.#find(at, search)
    else if (this.looksRandom) this.#findPlaintext(at, search, this.#mse)
    // other protocols are not looked into
    else if (this.#begin?.isComplete === true) this.#refuse(at)
    this.#search?.keep()
  }

  /** The stream does not begin with a handshake, nor is it plaintext after an encryption handshake. */
  #refuse(at: number): void {
    const mse = this.#mse
    if (mse === undefined) return
    this.#mse = undefined
    this.#search = undefined
    this.#isBroken = true
    this.#sink.broken(this.#from, at, mse.error)
  }

  #findPlaintext(at: number, search: ByteWindow, { handshake }: MseBegin): void {
    const bytes = search.peek(search.length) ?? NOTHING
    const place = handshake.find(bytes, this.#searchOffset)
    const boundary = place === undefined ? findBoundary(bytes) : undefined
    const found = place ?? boundary?.found
    if (found !== undefined) {
      const offset = this.#searchOffset + found
      this.#mse = undefined
      this.#search = undefined
      const from = place === undefined ? 'messages' : 'handshake'
      this.#decoder = this.#newDecoder(from, offset)
      this.#sink.plaintextAfterMse(this.#from, at)
      this.#decode(at, bytes.subarray(found))
      return
    }
    const searched = Math.min(boundary?.searched ?? 0, Math.max(0, handshake.lookedUpTo - this.#searchOffset))
    search.drop(searched)
    this.#searchOffset += searched
    if (this.#other === 'unknown' && this.#searchOffset > LAST_PLAINTEXT) this.#refuse(at)
  }

  #find(at: number, search: ByteWindow): void {
    const bytes = search.peek(search.length) ?? NOTHING
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
    this.#decoder = this.#newDecoder('messages', place)
    const length = this.#isLengthKnown ? place - this.#lostAt : undefined
    this.#isLengthKnown = true
    this.#sink.resynchronised(this.#from, at, { offset: this.#lostAt, length })
    this.#decode(at, bytes.subarray(searched))
  }
}
