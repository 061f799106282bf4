import { setTimeout as delay } from 'node:timers/promises'
import type { Mark, NamedCause } from '../score.ts'
import type { Made } from '../situation.ts'
import { readWhy } from '../why-answer.ts'
import type { World } from '../world.ts'
import { markOf } from './mark.ts'
import { Starting, type SecondSituation } from './situation.ts'

const LIMIT_MS = 150_000
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
}

export interface Group {
  readonly name: string
  readonly situations: readonly SecondSituation[]
}

/** Makes the situations, two at once, and looks at each with `why`. */
export async function runAll(
  world: World,
  situations: readonly SecondSituation[],
  onOutcome: (situation: SecondSituation, outcome: Outcome) => void,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const waiting = [...situations]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await runOne(world, next)
      onOutcome(next, outcome)
      outcomes.set(next.name, outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return outcomes
}

async function runOne(world: World, situation: SecondSituation): Promise<Outcome> {
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

async function look(world: World, made: Made, situation: SecondSituation): Promise<Outcome> {
  const argv = ['why', made.peer, ...made.target, '--json']
  const { stdout, stderr, seconds } = await world.run(argv, LIMIT_MS, made.through)
  const document = stdout.toString()
  try {
    const { named, connections } = readWhy(document)
    return { mark: markOf(named, situation), named, connections, seconds, document }
  } catch {
    return { mark: 'failed', named: [], connections: 0, seconds, document: document + stderr }
  }
}
