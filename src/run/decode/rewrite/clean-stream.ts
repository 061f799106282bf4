import type { StreamRedactor } from '../../../report/redact/stream.ts'
import { findBoundary } from '../../../session/observe/message-boundary.ts'
import { StreamBegin } from '../../../session/observe/stream-begin.ts'
import { ByteWindow } from '../../../wire/capture/byte-window.ts'
import { beginsHandshake, PROTOCOL_NAME } from '../../../wire/handshake/handshake.ts'
import { fillUnread } from './unread-bytes.ts'

/** Takes what is left of a stream, in order. */
export interface CleanSink {
  /** The bytes may be kept. */
  bytes(bytes: Uint8Array): void
  /** @param length undefined where it is not known */
  gap(length: number | undefined): void
}

/** Bytes that show whether a stream begins with a handshake. */
const NAME_LENGTH = 1 + PROTOCOL_NAME.length

/**
 * One direction of somebody else's connection, redacted. Messages keep their lengths. What is not a message cannot be proven
 * to be clean: a stream that does not begin with a handshake is replaced whole, and what comes between a loss and the next
 * message is lost as well.
 */
export class CleanStream {
  readonly #redactor: StreamRedactor
  readonly #sink: CleanSink
  #stage: 'begin' | 'messages' | 'unread' | 'search'
  readonly #begin = new StreamBegin()
  #held = new ByteWindow()
  /** Bytes of the loss that the search is for; undefined where their number is not known. */
  #lost: number | undefined = 0
  #mayBeginWithHandshake: boolean

  /** @param isWhole whether the first byte of the stream is in the capture */
  constructor(redactor: StreamRedactor, isWhole: boolean, sink: CleanSink) {
    this.#redactor = redactor
    this.#sink = sink
    this.#stage = isWhole ? 'begin' : 'search'
    this.#mayBeginWithHandshake = !isWhole
  }

  /** @param bytes borrowed until the call returns */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#stage === 'messages') this.#put(this.#redactor.push(bytes))
    else if (this.#stage === 'unread') this.#put(fillUnread(bytes.length, this.#begin.looksRandom))
    else {
      this.#held.push(bytes)
      if (this.#stage === 'begin') this.#look(bytes)
      else this.#find()
      this.#held.keep()
    }
  }

  /** Bytes are missing. @param length undefined where their number is not known */
  gap(length: number | undefined): void {
    if (this.#stage === 'begin') this.#unread()
    if (this.#stage === 'unread') return this.#sink.gap(length)
    if (this.#stage === 'messages') {
      if (length !== undefined && this.#redactor.skip(length)) return this.#sink.gap(length)
      this.#lost = this.#redactor.drop()
      this.#stage = 'search'
    }
    const held = this.#takeHeld().length
    this.#mayBeginWithHandshake = false
    this.#lost = length === undefined || this.#lost === undefined ? undefined : this.#lost + held + length
  }

  /** Nothing follows. */
  end(): void {
    if (this.#stage === 'begin') this.#unread()
    if (this.#stage === 'messages') this.#put(this.#redactor.end())
    if (this.#stage !== 'search') return
    const held = this.#takeHeld().length
    this.#reportLoss(held)
  }

  #look(bytes: Uint8Array): void {
    this.#begin.take(bytes)
    const held = this.#held.peek(this.#held.length) ?? bytes
    if (beginsHandshake(held.subarray(0, NAME_LENGTH))) {
      if (held.length < NAME_LENGTH) return
      this.#stage = 'messages'
      this.#put(this.#redactor.push(this.#takeHeld()))
    } else if (this.#begin.isComplete) this.#unread()
  }

  #unread(): void {
    this.#stage = 'unread'
    this.#put(fillUnread(this.#takeHeld().length, this.#begin.looksRandom))
  }

  #find(): void {
    const held = this.#held.peek(this.#held.length) ?? new Uint8Array()
    if (this.#mayBeginWithHandshake && beginsHandshake(held.subarray(0, NAME_LENGTH))) {
      if (held.length < NAME_LENGTH) return
      this.#stage = 'messages'
      this.#put(this.#redactor.push(this.#takeHeld()))
      return
    }
    this.#mayBeginWithHandshake = false
    const { found, searched } = findBoundary(held)
    this.#held.drop(searched)
    if (this.#lost !== undefined) this.#lost += searched
    if (found === undefined) return
    this.#reportLoss(0)
    this.#stage = 'messages'
    this.#redactor.resume()
    this.#put(this.#redactor.push(this.#takeHeld()))
  }

  #reportLoss(more: number): void {
    const lost = this.#lost === undefined ? undefined : this.#lost + more
    this.#lost = 0
    if (lost !== 0) this.#sink.gap(lost)
  }

  #takeHeld(): Uint8Array {
    const { length } = this.#held
    const bytes = (this.#held.peek(length) ?? new Uint8Array()).slice()
    this.#held.drop(length)
    return bytes
  }

  #put(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#sink.bytes(bytes)
  }
}
