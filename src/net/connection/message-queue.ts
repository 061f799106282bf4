import { encodedLength, type Message } from '../../wire/message/message.ts'

/** Most messages that wait; a chunk that crosses it is still taken whole. */
const MAX_MESSAGES = 4096

/** Most bytes that wait: messages share memory with what came, and one alone may have 2 MiB. */
const MAX_BYTES = 4 * 1024 * 1024

/** Messages that came and wait for a reader, and whether there are so many that reading should pause. */
export class MessageQueue {
  #messages: Message[] = []
  /** How many at the front were taken: a shift of each would move all the others. */
  #taken = 0
  #bytes = 0

  get length(): number {
    return this.#messages.length - this.#taken
  }

  get isFull(): boolean {
    return this.length >= MAX_MESSAGES || this.#bytes >= MAX_BYTES
  }

  /** True when enough was taken for reading to go on. */
  get hasRoom(): boolean {
    return this.length <= MAX_MESSAGES / 2 && this.#bytes <= MAX_BYTES / 2
  }

  /** @param bytes how long they were on the wire */
  push(messages: readonly Message[], bytes: number): void {
    // what an old list held, even if taken since, V8 keeps until it collects all: megabytes of blocks that nobody has any more
    if (this.length === 0) this.#messages = []
    for (const message of messages) this.#messages.push(message)
    this.#bytes += bytes
  }

  shift(): Message | undefined {
    const message = this.#messages[this.#taken]
    if (message === undefined) return undefined
    this.#taken++
    this.#bytes -= encodedLength(message)
    if (this.#taken >= MAX_MESSAGES / 2 || this.length === 0) {
      this.#messages.splice(0, this.#taken)
      this.#taken = 0
    }
    return message
  }

  /** All that wait, oldest first. */
  takeAll(): readonly Message[] {
    const messages = this.#taken === 0 ? this.#messages : this.#messages.slice(this.#taken)
    this.#messages = []
    this.#taken = 0
    this.#bytes = 0
    return messages
  }
}
