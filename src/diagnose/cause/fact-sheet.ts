import type { Case } from './case.ts'
import { type FactCode, FACTS } from './facts.ts'

/** A fact, and the probe that shows it. */
export interface Fact {
  readonly probe: number
  readonly fact: FactCode
}

/** The facts that hold, each worked out once. */
export class FactSheet {
  readonly #case: Case
  readonly #shown = new Map<FactCode, readonly Fact[]>()

  constructor(seen: Case) {
    this.#case = seen
  }

  has(fact: FactCode): boolean {
    return this.of(fact).length > 0
  }

  of(fact: FactCode): readonly Fact[] {
    const known = this.#shown.get(fact)
    if (known !== undefined) return known
    const shown = FACTS[fact].shown(this.#case).map(({ number }) => ({ probe: number, fact }))
    this.#shown.set(fact, shown)
    return shown
  }
}
