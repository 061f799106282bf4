import type { TraceEvent } from '../trace/event.ts'
import type { MessageType } from '../wire/message/message.ts'
import { LiveConversation, type ServedView } from './conversation.ts'
import { type FindingId, THEMES } from './findings.ts'
import { type Fold, NOTHING, type Observation, type Rule } from './rule.ts'

/** What a rule saw, by a finding that is known. */
export type Seen = Observation<FindingId>

const PROBE_RULES: readonly Rule<FindingId>[] = THEMES.flatMap(({ both = [], probe = [] }) => [
  ...both,
  ...probe,
])
const SERVE_RULES: readonly Rule<FindingId>[] = THEMES.flatMap(({ both = [], serve = [] }) => [
  ...both,
  ...serve,
])

/** Rules over the events of one connection as they come. */
export class Watch {
  readonly #conversation: LiveConversation
  readonly #folds: readonly Fold<FindingId>[]
  /** The folds that want to see a message, by its type. */
  readonly #byMessage = new Map<string, readonly Fold<FindingId>[]>()

  /**
   * @param target what is known of the torrent, if that was said before
   * @param served set for a peer of a seeder of ours
   */
  constructor(target: Extract<TraceEvent, { readonly type: 'target' }> | undefined, served?: ServedView) {
    const conversation = new LiveConversation(target, served)
    this.#conversation = conversation
    this.#folds = (served === undefined ? PROBE_RULES : SERVE_RULES).map((rule) => rule(conversation))
  }

  get conversation(): LiveConversation {
    return this.#conversation
  }

  step(event: TraceEvent): readonly Seen[] {
    this.#conversation.take(event)
    let seen: Seen[] | undefined
    for (const { step } of 'message' in event ? this.#wanting(event.message.type) : this.#folds) {
      // hardly any of millions of messages is worth a word
      const said = step?.(event) ?? NOTHING
      if (said !== NOTHING) (seen ??= []).push(...said)
    }
    return seen ?? NOTHING
  }

  #wanting(type: MessageType): readonly Fold<FindingId>[] {
    const known = this.#byMessage.get(type)
    if (known !== undefined) return known
    const folds = this.#folds.filter(({ messages }) => messages === undefined || messages.includes(type))
    this.#byMessage.set(type, folds)
    return folds
  }

  end(): readonly Seen[] {
    const seen: Seen[] = []
    for (const { end } of this.#folds) if (end !== undefined) for (const one of end()) seen.push(one)
    return seen
  }
}
