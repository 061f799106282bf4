import { concat, fromHex, toHex } from '../../base/bytes.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { MessageRedactor } from './messages.ts'
import { StreamRedactor } from './stream.ts'

type Raw = Extract<TraceEvent, { readonly type: 'raw' }>

const NOTHING: ReadonlyMap<number, string> = new Map()

/** The first bytes of both directions of one connection, in the parts in which they came. */
export class RawRedactor {
  readonly #messages: MessageRedactor
  readonly #first: Record<Raw['direction'], Uint8Array> = {
    sent: new Uint8Array(),
    received: new Uint8Array(),
  }

  constructor(messages: MessageRedactor) {
    this.#messages = messages
  }

  /** All that came so far is replaced as a whole, because a part can end within a hash. */
  event(event: Raw): Raw {
    const { direction } = event
    const bytes = fromHex(event.bytes)
    const first = concat([this.#first[direction], bytes])
    this.#first[direction] = first
    const stream = new StreamRedactor(
      this.#messages,
      () => NOTHING,
      () => undefined,
    )
    const redacted = concat([stream.push(first), stream.end()])
    return { ...event, bytes: toHex(redacted.subarray(first.length - bytes.length)) }
  }
}
