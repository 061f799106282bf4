import { setTimeout as delay } from 'node:timers/promises'
import { runConnect, type ConnectOutcome } from './connect-answer.ts'
import { markOf, type Mark, type NamedCause } from './score.ts'
import type { Made, OpenStation, Situation, Station } from './situation.ts'
import { readWhy } from './why-answer.ts'
import type { World } from './world.ts'

const LIMIT_MS = 60_000
const MAX_CONNECTIONS = 12
const MAX_SECONDS = 30
/** Longer than any client refuses an address after a connection. */
const PAUSE_MS = 1200
const STATIONS_AT_ONCE = 3

/** What one situation brought. */
export interface Outcome {
  readonly station: string
  readonly situation: Situation<unknown>
  readonly why: WhyOutcome | undefined
  readonly connect: ConnectOutcome | undefined
  /** What went wrong with the situation itself, or with the peer afterwards. */
  readonly troubles: readonly string[]
  /** Why it was not made. */
  readonly skipped: string | undefined
}

export interface WhyOutcome {
  readonly mark: Mark | 'failed'
  readonly named: readonly NamedCause[]
  readonly connections: number
  readonly seconds: number
}

export interface LabOptions {
  /** Which situations are made. */
  readonly wants: (station: Station, name: string) => boolean
  readonly commands: ReadonlySet<'why' | 'connect'>
  /** More flags for `connect`, to look at a situation in another way. */
  readonly look?: readonly string[]
  readonly onOutcome?: (outcome: Outcome) => void
}

/** Goes through all stations, a few at once, and the situations of each one after the other. */
export async function runLab(
  world: World,
  stations: readonly Station[],
  options: LabOptions,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Station, readonly Outcome[]>()
  const waiting = [...stations]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      outcomes.set(next, await runStation(world, next, options))
  }
  await Promise.all(Array.from({ length: STATIONS_AT_ONCE }, work))
  return stations.flatMap((one) => outcomes.get(one) ?? [])
}

async function runStation(world: World, station: Station, options: LabOptions): Promise<readonly Outcome[]> {
  const wanted = station.situations.filter(({ name }) => options.wants(station, name))
  if (wanted.length === 0) return []
  const outcomes: Outcome[] = []
  const report = (situation: Situation<unknown>, seen: Partial<Outcome>) => {
    const nothing = { why: undefined, connect: undefined, troubles: [], skipped: undefined }
    const outcome = { station: station.name, situation, ...nothing, ...seen }
    options.onOutcome?.(outcome)
    outcomes.push(outcome)
  }
  const missing = station.missing()
  if (missing !== undefined) {
    for (const situation of wanted) report(situation, { skipped: missing })
    return outcomes
  }
  let open: OpenStation
  try {
    open = await station.open(world)
  } catch (error) {
    for (const situation of wanted) report(situation, { troubles: [explain(error)] })
    return outcomes
  }
  try {
    for (const situation of wanted) report(situation, await runSituation(world, open, situation, options))
  } finally {
    await open.close()
  }
  return outcomes
}

async function runSituation(
  world: World,
  open: OpenStation,
  situation: Situation<unknown>,
  { commands: wanted, look = [] }: LabOptions,
): Promise<Partial<Outcome>> {
  const commands = situation.isFleeting === true ? new Set(['why']) : wanted
  let made: Made
  try {
    made = await open.make(situation.name)
  } catch (error) {
    return { troubles: [`it could not be made: ${explain(error)}`] }
  }
  const logged = made.log?.().length ?? 0
  const troubles: string[] = []
  let seen: Partial<Outcome> = {}
  try {
    const connect = commands.has('connect') ? await runConnect(world, made, situation, look) : undefined
    if (commands.has('connect') && commands.has('why')) await delay(PAUSE_MS)
    const why = commands.has('why') ? await runWhy(world, made, situation) : undefined
    seen = { why, connect }
    troubles.push(...(await troublesOf(world, made, situation, why, logged)))
  } catch (error) {
    troubles.push(explain(error))
  }
  try {
    await made.cleanup?.()
  } catch (error) {
    troubles.push(`it could not be ended: ${explain(error)}`)
  }
  return { ...seen, troubles }
}

async function runWhy(world: World, made: Made, truth: Situation<unknown>): Promise<WhyOutcome> {
  const { stdout, seconds } = await world.run(
    ['why', made.peer, ...made.target, '--json'],
    LIMIT_MS,
    made.through,
  )
  try {
    const { named, connections } = readWhy(stdout.toString())
    return { mark: markOf(named, truth), named, connections, seconds }
  } catch {
    return { mark: 'failed', named: [], connections: 0, seconds }
  }
}

async function troublesOf(
  world: World,
  made: Made,
  { waits }: Situation<unknown>,
  why: WhyOutcome | undefined,
  /** Length of the log before. */
  logged: number,
): Promise<readonly string[]> {
  const troubles: string[] = []
  if (made.holds?.() === false) troubles.push('the situation ended before')
  if (why !== undefined && why.connections > MAX_CONNECTIONS) troubles.push(`${why.connections} connections`)
  if (why !== undefined && why.seconds > MAX_SECONDS && waits === undefined)
    troubles.push(`${why.seconds.toFixed(0)} s`)
  if (/\bbann?ed\b|peer_ban/i.test(made.log?.().slice(logged) ?? '')) troubles.push('we are banned')
  if (made.serves === undefined) return troubles
  await delay(PAUSE_MS)
  const fetched = await world.run(
    ['fetch-block', made.peer, ...made.target, ...made.serves, '--piece', '0', '-o', '-', '-q'],
    LIMIT_MS,
    made.through,
  )
  if (fetched.code !== 0) troubles.push(`it no longer serves: ${fetched.stderr.trim().slice(0, 200)}`)
  return troubles
}

/** First line of an error, and of what caused it. */
function explain(error: unknown): string {
  const [line = ''] = String(error).split('\n')
  return error instanceof Error && error.cause !== undefined ? `${line}: ${explain(error.cause)}` : line
}
