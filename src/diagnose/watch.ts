import { asStep, eventsOf, isTransfers, type Transfers, type TraceStep } from '../trace/transfers.ts'
import { type Circumstances, LiveConversation } from './conversation.ts'
import { type FindingId, THEMES } from './findings.ts'
import { type Fold, NOTHING, type Observation, type Observations } from './rule.ts'
import { RuleTable } from './rule-table.ts'

/** What a rule saw, by a finding that is known. */
export type Seen = Observation<FindingId>

const PROBE_RULES = new RuleTable<FindingId>(
  THEMES.flatMap(({ both = [], probe = [] }) => [...both, ...probe]),
)
const SERVE_RULES = new RuleTable<FindingId>(
  THEMES.flatMap(({ both = [], serve = [] }) => [...both, ...serve]),
)

/** Rules over the events of one connection as they come. A rule has no state before it reads something. */
export class Watch {
  readonly #conversation: LiveConversation
  readonly #table: RuleTable<FindingId>
  /** By the index of its rule. */
  readonly #folds: (Fold<FindingId> | undefined)[]

  constructor(circumstances: Circumstances) {
    this.#conversation = new LiveConversation(circumstances)
    this.#table = circumstances.served === undefined ? PROBE_RULES : SERVE_RULES
    this.#folds = this.#table.rules.map(() => undefined)
  }

  get conversation(): LiveConversation {
    return this.#conversation
  }

  step(event: TraceStep): readonly Seen[] {
    const step = asStep(event)
    this.#conversation.take(step)
    let seen: Seen[] | undefined
    for (const index of this.#table.reading(step)) {
      // most events are not worth reporting
      const observed = observations(this.#fold(index), step)
      if (observed.length > 0) (seen ??= []).push(...observed)
    }
    return seen ?? NOTHING
  }

  end(): readonly Seen[] {
    const seen: Seen[] = []
    for (let index = 0; index < this.#folds.length; index++) {
      const fold = this.#table.isOnlyEnd(index) ? this.#fold(index) : this.#folds[index]
      const observed = fold?.end?.() ?? NOTHING
      if (observed.length > 0) seen.push(...observed)
    }
    return seen
  }

  #fold(index: number): Fold<FindingId> | undefined {
    this.#folds[index] ??= this.#table.rules[index]?.(this.#conversation)
    return this.#folds[index]
  }
}

function observations(fold: Fold<FindingId> | undefined, event: TraceStep): Observations<FindingId> {
  if (!isTransfers(event)) return fold?.step?.(event) ?? NOTHING
  return fold?.transfers?.(event) ?? eachOf(event, fold?.step)
}

/** A run, for a fold that takes one message at a time. */
function eachOf(run: Transfers, step: Fold<FindingId>['step']): Observations<FindingId> {
  return step === undefined ? NOTHING : eventsOf(run).flatMap((event) => step(event))
}
