import { PeerError } from '../../base/errors.ts'
import { MAX_DECODED_ITEMS } from '../../base/limits.ts'
import { toHex } from '../../base/bytes.ts'
import type { DecodedItem } from '../../report/model/decode.ts'
import { describeMessage } from '../../report/trace-lines.ts'
import { MessagesEvent } from '../../session/peer/messages-event.ts'
import { traceSteps } from '../../session/peer/trace.ts'
import type { TraceMessage } from '../../trace/event.ts'
import { eventsOf } from '../../trace/transfers.ts'
import { beginsHandshake, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { MessageDecoder } from '../../wire/message/decoder.ts'
import { describeMessageId } from '../../wire/message/id.ts'
import { decodePeerId, describePeerId } from '../../wire/peer-id/peer-id.ts'
import type { Decoded, InputReader } from './reader.ts'

/** Which extension an id means was announced in the other direction, which is not here. */
const NO_NAMES = { sent: () => undefined, received: () => undefined }

/** Reads one direction of a connection, from its handshake or from a message. */
export class StreamReader implements InputReader {
  readonly format: 'stream' | 'hex'
  #decoder: MessageDecoder | undefined
  #error: PeerError | undefined
  readonly #items: DecodedItem[] = []
  #leftOut = 0
  #malformed = 0

  constructor(format: 'stream' | 'hex' = 'stream') {
    this.format = format
  }

  push(chunk: Uint8Array): void {
    if (this.#error !== undefined || chunk.length === 0) return
    this.#decoder ??= new MessageDecoder({ from: beginsHandshake(chunk) ? 'handshake' : 'messages' })
    const { handshake, messages, start, broken } = this.#decoder.pushBatch(chunk)
    if (handshake !== undefined) {
      const { features, infoHash, peerId } = handshake
      const client = describePeerId(decodePeerId(peerId)) ?? 'an unknown client'
      const text = `handshake, ${features.join(' ') || 'no bits'}, info hash ${toHex(infoHash)}, ${client}`
      this.#add({ offset: 0, length: HANDSHAKE_LENGTH, type: 'handshake', text, issue: null })
    }
    const event = new MessagesEvent(0, 'received', messages, start, this.#decoder.offset)
    for (const step of traceSteps(event, 0, NO_NAMES)) {
      for (const traced of eventsOf(step)) {
        if (traced.type !== 'received' || traced.what !== 'message') continue
        const { offset, length, message } = traced
        this.#add({ offset, length, ...describe(message) })
      }
    }
    this.#error = broken
  }

  end(): void {
    // a stream may end anywhere
  }

  result(): Decoded {
    const broken = this.#error
    const error = broken ?? this.#check()
    const pending = this.#error === undefined ? (this.#decoder?.pending ?? 0) : 0
    return {
      capture: null,
      connection: null,
      report: null,
      served: null,
      stream: { items: this.#items, leftOut: this.#leftOut, pending },
      error,
    }
  }

  #check(): PeerError | undefined {
    if (this.#malformed === 0) return undefined
    const many = this.#malformed === 1 ? 'a message is' : `${this.#malformed} messages are`
    return new PeerError('E_CHECK_FAILED', `${many} malformed`, { phase: 'done' })
  }

  #add(item: DecodedItem): void {
    if (item.type === 'malformed') this.#malformed++
    if (this.#items.length < MAX_DECODED_ITEMS) this.#items.push(item)
    else this.#leftOut++
  }
}

function describe(message: TraceMessage): Pick<DecodedItem, 'type' | 'text' | 'issue'> {
  const { type } = message
  if (type === 'malformed') {
    const known = describeMessageId(message.id)
    const issue = `${message.reason} (${known?.reference ?? 'BEP 3'})`
    return { type, text: `malformed ${known?.name ?? `message ${message.id}`}`, issue }
  }
  if (type === 'unknown')
    return { type, text: describeMessage(message), issue: `no BEP defines message ${message.id}` }
  if (type === 'extended' && message.id !== 0) return { type, text: `extended id ${message.id}`, issue: null }
  return { type, text: describeMessage(message), issue: null }
}
