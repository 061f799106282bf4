import { type Transfers, TRANSFER_TYPES } from '../trace/transfers.ts'
import type { TraceEvent } from '../trace/event.ts'
import type { MessageType } from '../wire/message/message.ts'
import { LiveConversation } from './conversation.ts'
import type { EventKind, Fold, Rule } from './rule.ts'

/** The rules for one kind of connection, and which of them read what: the same for every connection. */
export class RuleTable<Id extends string> {
  readonly rules: readonly Rule<Id>[]
  /** What each rule reads, from folds that are never stepped; found out when the table is first used. */
  #folds: readonly Fold<Id>[] | undefined
  readonly #messages = {
    sent: new Map<MessageType, readonly number[]>(),
    received: new Map<MessageType, readonly number[]>(),
  }
  readonly #events = new Map<EventKind, readonly number[]>()

  constructor(rules: readonly Rule<Id>[]) {
    this.rules = rules
  }

  /** The rules that read an event or a run of messages, as indexes. */
  reading(event: TraceEvent | Transfers): readonly number[] {
    if (!('what' in event)) return this.#readingEvent(event.type)
    switch (event.what) {
      case 'handshake':
        return this.#readingEvent('handshake')
      case 'transfers':
        return this.#readingMessage(event.type, TRANSFER_TYPES[event.type])
      case 'message':
        return this.#readingMessage(event.type, event.message.type)
    }
  }

  /** Whether a rule has only an end. */
  isOnlyEnd(index: number): boolean {
    const fold = this.#known()[index]
    return fold !== undefined && isOnlyEnd(fold)
  }

  #readingEvent(kind: EventKind): readonly number[] {
    return remembered(this.#events, kind, () =>
      this.#indexes(({ events }) => events?.includes(kind) === true),
    )
  }

  #readingMessage(direction: 'sent' | 'received', type: MessageType): readonly number[] {
    return remembered(this.#messages[direction], type, () =>
      this.#indexes((fold) => !isOnlyEnd(fold) && (fold.messages?.[direction].includes(type) ?? true)),
    )
  }

  #indexes(reads: (fold: Fold<Id>) => boolean): readonly number[] {
    return this.#known().flatMap((fold, index) => (reads(fold) ? [index] : []))
  }

  #known(): readonly Fold<Id>[] {
    if (this.#folds === undefined) {
      const blank = new LiveConversation()
      this.#folds = this.rules.map((rule) => rule(blank))
    }
    return this.#folds
  }
}

function isOnlyEnd({ step, transfers }: Fold): boolean {
  return step === undefined && transfers === undefined
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  const before = known.get(key)
  if (before !== undefined) return before
  const found = find()
  known.set(key, found)
  return found
}
