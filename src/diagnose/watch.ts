import { asStep, eventsOf, TRANSFER_TYPES, type Transfers, type TraceStep } from '../trace/transfers.ts'
import type { MessageType } from '../wire/message/message.ts'
import { type Circumstances, LiveConversation } from './conversation.ts'
import { type FindingId, THEMES } from './findings.ts'
import { type Fold, type MessageTypes, NOTHING, type Observation, type Rule } from './rule.ts'

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
  /** The folds that want to see a message, by its direction and type. */
  readonly #byMessage = {
    sent: new Map<MessageType, readonly Fold<FindingId>[]>(),
    received: new Map<MessageType, readonly Fold<FindingId>[]>(),
  }

  constructor(circumstances: Circumstances) {
    const conversation = new LiveConversation(circumstances)
    this.#conversation = conversation
    const rules = conversation.served === undefined ? PROBE_RULES : SERVE_RULES
    this.#folds = rules.map((rule) => rule(conversation))
  }

  get conversation(): LiveConversation {
    return this.#conversation
  }

  step(event: TraceStep): readonly Seen[] {
    const step = asStep(event)
    this.#conversation.take(step)
    if ('what' in step && step.what === 'transfers') return this.#transfers(step)
    let seen: Seen[] | undefined
    for (const fold of 'message' in step ? this.#wanting(step.type, step.message.type) : this.#folds) {
      // most messages are not worth reporting
      const observed = fold.step?.(step) ?? NOTHING
      if (observed !== NOTHING) (seen ??= []).push(...observed)
    }
    return seen ?? NOTHING
  }

  #transfers(run: Transfers): readonly Seen[] {
    let seen: Seen[] | undefined
    for (const fold of this.#wanting(run.type, TRANSFER_TYPES[run.type])) {
      const observed = fold.transfers?.(run) ?? eachOf(run, fold)
      if (observed !== NOTHING) (seen ??= []).push(...observed)
    }
    return seen ?? NOTHING
  }

  #wanting(direction: keyof MessageTypes, type: MessageType): readonly Fold<FindingId>[] {
    const known = this.#byMessage[direction].get(type)
    if (known !== undefined) return known
    const folds = this.#folds.filter(({ messages }) => messages?.[direction].includes(type) ?? true)
    this.#byMessage[direction].set(type, folds)
    return folds
  }

  end(): readonly Seen[] {
    const seen: Seen[] = []
    for (const { end } of this.#folds) if (end !== undefined) for (const one of end()) seen.push(one)
    return seen
  }
}

/** A run, for a fold that takes one message at a time. */
function eachOf(run: Transfers, { step }: Fold<FindingId>): readonly Seen[] {
  return step === undefined ? NOTHING : eventsOf(run).flatMap((event) => [...step(event)])
}
