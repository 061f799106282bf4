import { encodedLength, type Message } from '../../wire/message/message.ts'

/** Maximum number of queued messages; a chunk that exceeds it is still queued completely. */
const MAX_MESSAGES = 4096

/** Maximum number of queued bytes: messages share memory with the received data, and one message can have 2 MiB. */
const MAX_BYTES = 4 * 1024 * 1024

/** Received messages that wait for a reader, and whether there are too many to continue reading. */
export class MessageQueue {
  #messages: Message[] = []
  /** Number of taken messages at the front; shifting each would move all others. */
  #taken = 0
  #bytes = 0

  get length(): number {
    return this.#messages.length - this.#taken
  }

  get isFull(): boolean {
    return this.length >= MAX_MESSAGES || this.#bytes >= MAX_BYTES
  }

  /** True when enough was taken to resume reading. */
  get hasRoom(): boolean {
    return this.length <= MAX_MESSAGES / 2 && this.#bytes <= MAX_BYTES / 2
  }

  /** @param bytes their length on the wire */
  push(messages: readonly Message[], bytes: number): void {
    // V8 keeps the contents of an old list until a full collection, even if they were taken: megabytes of unused blocks
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

  /** Takes all queued messages, oldest first. */
  takeAll(): readonly Message[] {
    const messages = this.#taken === 0 ? this.#messages : this.#messages.slice(this.#taken)
    this.#messages = []
    this.#taken = 0
    this.#bytes = 0
    return messages
  }
}
