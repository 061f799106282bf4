import type { PeerError } from '../../base/errors.ts'
import type { Handshake } from '../handshake/handshake.ts'
import { encodedLength, type Message } from './message.ts'

/** The messages that one chunk completed, in order, without an extra object per message, which would halve the speed. */
export interface WireBatch {
  readonly handshake: Handshake | undefined
  readonly messages: readonly Message[]
  /** Where the first message begins, in bytes from connect. */
  readonly start: number
  /** Where each message begins, in bytes from connect; computed on first access. */
  readonly offsets: readonly number[]
  /** Set when the stream cannot be framed any more; no further batch follows. `error.offset` is the position. */
  readonly broken: PeerError | undefined
}

const NO_MESSAGES: Message[] = []

/** The result of most chunks from a peer that sends a few bytes at a time. */
export const EMPTY_BATCH: WireBatch = {
  handshake: undefined,
  messages: NO_MESSAGES,
  start: 0,
  offsets: [],
  broken: undefined,
}

/** For fewer messages than this, preallocating the list does not pay. */
const LEAST_EXPECTED = 64

/** A batch that is being filled. */
export class FillingBatch implements WireBatch {
  handshake: Handshake | undefined = undefined
  messages: Message[]
  broken: PeerError | undefined = undefined
  readonly start: number
  #count = 0
  #offsets: readonly number[] | undefined

  /**
   * @param start where the first message begins, in bytes from connect
   * @param expected estimated number of messages: growing a list costs as much as filling it
   */
  constructor(start: number, expected: number) {
    this.start = start
    // oxlint-disable-next-line unicorn/no-new-array -- the only way to preallocate
    this.messages = expected < LEAST_EXPECTED ? NO_MESSAGES : new Array<Message>(expected)
  }

  add(message: Message): void {
    // a list created with one message has no spare capacity; an empty one that grows gets room for many
    if (this.messages.length === 0) this.messages = [message]
    else this.messages[this.#count] = message
    this.#count++
  }

  /** Ends the batch: no more messages are added. */
  close(): void {
    if (this.messages.length > this.#count) this.messages.length = this.#count
  }

  get offsets(): readonly number[] {
    this.#offsets ??= offsetsFrom(this.start, this.messages)
    return this.#offsets
  }
}

/** Where each of consecutive messages begins, if the first begins at `start`. */
export function offsetsFrom(start: number, messages: readonly Message[]): readonly number[] {
  let at = start
  return messages.map((message) => {
    const offset = at
    at += encodedLength(message)
    return offset
  })
}
