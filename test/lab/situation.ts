import type { CauseCode } from '../../src/diagnose/cause/causes.ts'
import type { World } from './world.ts'

/** What is really wrong, because it was made so. */
export interface Truth {
  /** Every cause that holds; empty only if nothing is said to be wrong. */
  readonly causes: readonly CauseCode[]
  /** True as well, and not required: what follows from a cause, or names it more generally. */
  readonly also?: readonly CauseCode[]
  /**
   * Where the cause cannot be known from outside: every cause that looks the same. A list that contains the true cause is
   * right, and nothing in it may be called certain, except what `also` has.
   */
  readonly ambiguous?: readonly CauseCode[]
  /** Why it may take longer than 30 seconds. */
  readonly waits?: string
  /** The first command that looks at it changes it: `connect` does not. */
  readonly isFleeting?: boolean
}

/** A situation that has been made, and how to look at it. */
export interface Made {
  /** HOST:PORT */
  readonly peer: string
  /** The torrent and other flags of the command line. */
  readonly target: readonly string[]
  /** What the command is run with, such as `ip netns exec NAME`. */
  readonly through?: readonly string[]
  /** Flags with which a block is served, before and after; undefined if none is. */
  readonly serves?: readonly string[]
  /** What the client wrote about its peers, to look for a ban. */
  readonly log?: () => string
  /** Whether the situation is still what it was made to be. */
  readonly holds?: () => boolean
  readonly cleanup?: () => Promise<unknown>
}

/** One situation of a station. */
export interface Situation<Resource> extends Truth {
  readonly name: string
  readonly make: (resource: Resource, world: World) => Promise<Made>
}

/** Something that is started once for all of its situations, which take their turn. */
export interface Station {
  readonly name: string
  /** What is missing on this machine; undefined if nothing is. */
  readonly missing: () => string | undefined
  readonly situations: readonly Situation<unknown>[]
  readonly open: (world: World) => Promise<OpenStation>
}

export interface OpenStation {
  readonly make: (name: string) => Promise<Made>
  readonly close: () => Promise<unknown>
}

export function station<Resource extends { stop(): Promise<unknown> }>(plan: {
  readonly name: string
  readonly missing: () => string | undefined
  readonly start: (world: World) => Promise<Resource>
  readonly situations: readonly Situation<Resource>[]
}): Station {
  const { name, missing, situations } = plan
  return {
    name,
    missing,
    situations: situations.map((situation) => ({ ...situation, make: notOpen })),
    open: async (world) => {
      const resource = await plan.start(world)
      return {
        make: async (wanted) => {
          const situation = situations.find((one) => one.name === wanted)
          if (situation === undefined) throw new Error(`${name} has no situation ${wanted}`)
          return situation.make(resource, world)
        },
        close: () => resource.stop(),
      }
    },
  }
}

function notOpen(): Promise<Made> {
  return Promise.reject(new Error('the station is not open'))
}

/** For stations whose situations share nothing. */
export const NOTHING_SHARED = { stop: (): Promise<void> => Promise.resolve() }
