import { MessageDecoder } from '../../wire/message/decoder.ts'
import { MessagesEvent } from '../peer/messages-event.ts'
import type { SessionEvent } from '../peer/step.ts'

/** Bytes that were sent and are neither a handshake nor messages. */
export interface UnframedBytes {
  readonly at: number
  readonly type: 'unframed-sent'
  /** Position in the stream. */
  readonly offset: number
  readonly length: number
  /** The first of them. */
  readonly first: Uint8Array
}

/** What was sent. */
export type SentEvent = SessionEvent | UnframedBytes

/** Of bytes that are not framed, this many are kept for each connection. */
const UNFRAMED_KEPT = 256

/** Reads the stream of a faulty peer again: what it sends is not what the session above it wrote. Memory is bounded. */
export class SentStream {
  readonly #decoder = new MessageDecoder()
  #length = 0
  /** Position of the first byte that is not in an event yet. */
  #from = 0
  /** The first bytes after that position. */
  #first: Uint8Array = new Uint8Array()
  #kept = 0
  #isBroken = false
  readonly #events: SentEvent[] = []

  push(at: number, bytes: Uint8Array): void {
    const begin = this.#length
    this.#length += bytes.length
    if (!this.#isBroken) this.#decode(at, bytes)
    this.#keep(bytes.subarray(Math.max(0, this.#from - begin)))
    if (this.#isBroken) this.#unframed(at)
  }

  /** Nothing follows. */
  end(at: number): void {
    this.#unframed(at)
  }

  /** The events since the last call. */
  take(): readonly SentEvent[] {
    return this.#events.splice(0)
  }

  #decode(at: number, bytes: Uint8Array): void {
    const { handshake, messages, start, broken } = this.#decoder.pushBatch(bytes)
    const { offset } = this.#decoder
    if (handshake !== undefined) this.#events.push({ at, type: 'handshake-sent', handshake })
    if (messages.length > 0) this.#events.push(new MessagesEvent(at, 'sent', messages, start, offset))
    this.#isBroken = broken !== undefined
    if (offset === this.#from) return
    this.#from = offset
    this.#first = new Uint8Array()
  }

  #keep(bytes: Uint8Array): void {
    const room = UNFRAMED_KEPT - this.#kept - this.#first.length
    if (room <= 0 || bytes.length === 0) return
    const first = new Uint8Array(this.#first.length + Math.min(room, bytes.length))
    first.set(this.#first)
    first.set(bytes.subarray(0, room), this.#first.length)
    this.#first = first
  }

  #unframed(at: number): void {
    const length = this.#length - this.#from
    if (length === 0) return
    this.#events.push({ at, type: 'unframed-sent', offset: this.#from, length, first: this.#first })
    this.#kept += this.#first.length
    this.#first = new Uint8Array()
    this.#from = this.#length
  }
}
