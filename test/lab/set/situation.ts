import type { CauseCode } from '../../../src/diagnose/cause/causes.ts'
import type { Made } from '../situation.ts'
import type { World } from '../world.ts'

/** What is really wrong, decided before the command was run on it. */
export interface Truth {
  /** All of them hold; or, with `isOneOf`, each of them is a true answer. */
  readonly causes: readonly CauseCode[]
  readonly isOneOf?: boolean
  /** True as well, and not required. */
  readonly also?: readonly CauseCode[]
  /** Looks the same from outside: may be listed, and not be called certain. */
  readonly ambiguous?: readonly CauseCode[]
  /** Which causes may come first, if not all of the above. */
  readonly first?: readonly CauseCode[]
  /** Contradicted by what can be seen: may not be named, however carefully. */
  readonly excluded?: readonly CauseCode[]
  /** What was built, and why this is the truth. */
  readonly note: string
}

/** A situation of a set. It starts all that it needs and leaves nothing behind. */
export interface SetSituation extends Truth {
  readonly name: string
  /** It changes by itself or with each connection: the command starts at once, and no other one before it. */
  readonly isFleeting?: boolean
  readonly make: (world: World, starting: Starting) => Promise<Made>
}

/** What a situation has started; stopped in the reverse order, also when it could not be made. */
export class Starting {
  readonly #started: { stop(): unknown }[] = []

  keep<T extends { stop(): unknown }>(one: T): T {
    this.#started.push(one)
    return one
  }

  async stopAll(): Promise<void> {
    for (const one of this.#started.splice(0).toReversed()) await one.stop()
  }
}
