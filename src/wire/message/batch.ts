import type { PeerError } from '../../base/errors.ts'
import type { Handshake } from '../handshake/handshake.ts'
import { encodedLength, type Message } from './message.ts'

/** What one chunk completed, oldest first, without an object more for each message: that would halve the speed. */
export interface WireBatch {
  readonly handshake: Handshake | undefined
  readonly messages: readonly Message[]
  /** Where each message begins, in bytes from connect; worked out when first asked for. */
  readonly offsets: readonly number[]
  /** Set once, at the end: from here on the stream cannot be framed. `error.offset` is where. */
  readonly broken: PeerError | undefined
}

const NO_MESSAGES: Message[] = []

/** What most chunks of a peer that drips bring. */
export const EMPTY_BATCH: WireBatch = {
  handshake: undefined,
  messages: NO_MESSAGES,
  offsets: [],
  broken: undefined,
}

/** Fewer messages than this are cheaper to list one by one than to make room for. */
const LEAST_EXPECTED = 64

/** A batch while it is filled. */
export class FillingBatch implements WireBatch {
  handshake: Handshake | undefined = undefined
  messages: Message[]
  broken: PeerError | undefined = undefined
  readonly #start: number
  #count = 0
  #offsets: readonly number[] | undefined

  /**
   * @param start where the first message begins, in bytes from connect
   * @param expected about how many messages will come: growing a list costs as much as filling it
   */
  constructor(start: number, expected: number) {
    this.#start = start
    // oxlint-disable-next-line unicorn/no-new-array -- the one way to make room without filling it
    this.messages = expected < LEAST_EXPECTED ? NO_MESSAGES : new Array<Message>(expected)
  }

  add(message: Message): void {
    // a list made with its one message has no room to spare; an empty one that grows makes room for many
    if (this.messages.length === 0) this.messages = [message]
    else this.messages[this.#count] = message
    this.#count++
  }

  /** No more will come. */
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
