import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectOutcome } from '../connect-answer.ts'
import type { Mark, NamedCause } from '../score.ts'
import type { Made } from '../situation.ts'
import type { World } from '../world.ts'
import { Starting, type SetSituation } from './situation.ts'

const AT_ONCE = 2
/** A client may still have its last connection from when it was started. */
const PAUSE_MS = 1200

export interface Outcome {
  readonly mark: Mark | 'failed' | 'not made'
  readonly named: readonly NamedCause[]
  readonly connections: number
  readonly seconds: number
  /** The JSON document, or what came instead. */
  readonly document: string
  /** The text report, where it was asked for. */
  readonly report?: string
  /** What `connect` said before, where it was asked. */
  readonly connect?: ConnectOutcome
}

/** Looks at a situation that has been made. */
export type Look = (world: World, made: Made, situation: SetSituation) => Promise<Outcome>

export interface Group {
  readonly name: string
  readonly situations: readonly SetSituation[]
}

/** Makes the situations, two at once, and looks at each. */
export async function runAll(
  world: World,
  situations: readonly SetSituation[],
  look: Look,
  onOutcome: (situation: SetSituation, outcome: Outcome) => void,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const waiting = [...situations]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await runOne(world, next, look)
      onOutcome(next, outcome)
      outcomes.set(next.name, outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return outcomes
}

async function runOne(world: World, situation: SetSituation, look: Look): Promise<Outcome> {
  const starting = new Starting()
  const nothing = { named: [], connections: 0, seconds: 0 }
  try {
    const made = await situation.make(world, starting)
    if (situation.isFleeting !== true) await delay(PAUSE_MS)
    return await look(world, made, situation)
  } catch (error) {
    return { mark: 'not made', ...nothing, document: String(error) }
  } finally {
    await starting
      .stopAll()
      .catch((error: unknown) => process.emitWarning(`${situation.name}: ${String(error)}`))
  }
}
