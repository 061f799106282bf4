import { offsetsFrom } from '../../wire/message/batch.ts'
import type { Message } from '../../wire/message/message.ts'

/**
 * The messages of one chunk or one send. This is a class because V8 gives each object literal with a getter a slow layout of its
 * own, and a download has thousands of these events.
 */
export class MessagesEvent {
  readonly at: number
  readonly type: 'sent' | 'received'
  readonly messages: readonly Message[]
  readonly start: number
  readonly end: number
  #offsets: readonly number[] | undefined

  constructor(
    at: number,
    type: 'sent' | 'received',
    messages: readonly Message[],
    start: number,
    end: number,
  ) {
    this.at = at
    this.type = type
    this.messages = messages
    this.start = start
    this.end = end
  }

  /** Computed on first access: most readers need none, or only the first. */
  get offsets(): readonly number[] {
    this.#offsets ??= offsetsFrom(this.start, this.messages)
    return this.#offsets
  }
}
