import { fromHex, toHex } from '../../base/bytes.ts'
import { AllowedFast } from '../../diagnose/allowed-fast.ts'
import { LiveConversation } from '../../diagnose/conversation.ts'
import type { TraceEvent, TraceHandshake, TraceMessage } from '../../trace/event.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { MessageRedactor } from './messages.ts'
import { RawRedactor } from './raw.ts'
import { redactName } from './byte-text.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

/**
 * Replaces the events of a session, in order. What diagnoses a session reads the same from the result: equal things stay equal,
 * and what follows from the originals only is said in an event of its own.
 */
export class EventRedactor {
  readonly #names: Pseudonyms
  readonly #messages: MessageRedactor
  readonly #text: (text: string) => string
  #raw: RawRedactor
  #target: Of<'target'> | undefined
  #conversation = new LiveConversation()
  #allowed = new AllowedFast(this.#conversation)

  /** @param text replaces what is known in a text */
  constructor(names: Pseudonyms, messages: MessageRedactor, text: (text: string) => string) {
    this.#names = names
    this.#messages = messages
    this.#text = text
    this.#raw = new RawRedactor(messages)
  }

  /** @returns what takes the place of the event */
  events(event: TraceEvent): readonly TraceEvent[] {
    if (event.type === 'target') this.#target = event
    if (event.type === 'attempt') {
      this.#raw = new RawRedactor(this.#messages)
      this.#conversation = new LiveConversation({ target: this.#target })
      this.#allowed = new AllowedFast(this.#conversation)
    }
    this.#conversation.take(event)
    if (event.type === 'received' && event.what === 'message') this.#allowed.received(event.message)
    const redacted = this.#redacted(event)
    const set = event.type === 'ended' ? this.#allowed.set : undefined
    if (set === undefined) return [redacted]
    return [{ at: event.at, type: 'allowed-fast', dialect: set.dialect ?? null }, redacted]
  }

  #redacted(event: TraceEvent): TraceEvent {
    const names = this.#names
    switch (event.type) {
      case 'target': {
        const { infoHashV1, infoHashV2, name, notes } = event
        return {
          ...event,
          // the short form of a v2 hash is derived from the whole one, so either may come first
          infoHashV1: infoHashV1 === null ? null : names.hexHash(infoHashV1),
          infoHashV2: infoHashV2 === null ? null : this.#hashV2(infoHashV2),
          name: name === null ? null : redactName(name, names),
          notes: notes.map((note) => ({ ...note, text: this.#text(note.text) })),
        }
      }
      case 'peer':
        return { ...event, input: names.place(event.input), host: names.host(event.host) }
      case 'attempt':
        return { ...event, address: event.address === null ? null : names.host(event.address) }
      case 'served-trees': {
        const trees = event.trees.map(({ piecesRoot, height }) => ({
          piecesRoot: toHex(names.derivedHash(fromHex(piecesRoot))),
          height,
        }))
        return { ...event, trees }
      }
      case 'probe':
        return { ...event, source: event.source === null ? null : names.host(event.source) }
      case 'raw':
        return this.#raw.event(event)
      case 'connected':
        return { ...event, local: names.place(event.local), remote: names.place(event.remote) }
      case 'sent':
      case 'received':
        return event.what === 'handshake'
          ? { ...event, handshake: this.#handshake(event.handshake) }
          : { ...event, message: this.#message(event.message) }
      case 'encryption':
      case 'broken':
      case 'failed':
      case 'ended':
        return event.error === undefined || event.error === null
          ? event
          : ({ ...event, error: this.#error(event.error) } as TraceEvent)
      case 'closed':
        return event.reason === undefined ? event : { ...event, reason: this.#text(event.reason) }
      default:
        return event
    }
  }

  #hashV2(hex: string): string {
    // the short form is what handshakes carry, and what messages can mention
    this.#names.hash(fromHex(hex).subarray(0, 20))
    return this.#names.hexHash(hex)
  }

  #handshake(handshake: TraceHandshake): TraceHandshake {
    const peerId = toHex(this.#names.peerId(fromHex(handshake.peerId)))
    return { ...handshake, infoHash: this.#names.hexHash(handshake.infoHash), peerId }
  }

  #message(message: TraceMessage): TraceMessage {
    switch (message.type) {
      case 'extended':
        return this.#extended(message)
      case 'hash-request':
      case 'hash-reject': {
        const piecesRoot = toHex(this.#names.derivedHash(fromHex(message.request.piecesRoot)))
        return { ...message, request: { ...message.request, piecesRoot } }
      }
      case 'malformed':
        return { ...message, reason: this.#text(message.reason) }
      default:
        return message
    }
  }

  #extended(message: Extract<TraceMessage, { readonly type: 'extended' }>): TraceMessage {
    const { id, payload, defects } = message
    const replaced: { payload?: string; defects?: typeof defects } = {}
    if (id === 0 && payload !== undefined) {
      const bytes = fromHex(payload)
      this.#messages.extensionHandshake(bytes)
      replaced.payload = toHex(bytes)
    }
    if (defects?.type === 'malformed') replaced.defects = { ...defects, reason: this.#text(defects.reason) }
    if (defects?.type === 'pex')
      replaced.defects = {
        ...defects,
        issues: defects.issues.map((issue) => ({ ...issue, detail: this.#text(issue.detail) })),
      }
    return { ...message, ...replaced }
  }

  #error<E extends { readonly message: string; readonly hint?: string | null }>(error: E): E {
    const { message, hint } = error
    const hinted = typeof hint === 'string' ? { hint: this.#text(hint) } : {}
    return { ...error, message: this.#text(message), ...hinted }
  }
}
