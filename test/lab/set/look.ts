import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runConnect } from '../connect-answer.ts'
import type { Made } from '../situation.ts'
import { emptyFolder } from '../torrents.ts'
import { readWhy } from '../why-answer.ts'
import type { World } from '../world.ts'
import { markOf } from './mark.ts'
import type { Look, Outcome } from './run.ts'
import type { SetSituation } from './situation.ts'

const LIMIT_MS = 150_000
/** Longer than any client refuses an address after a connection. */
const PAUSE_MS = 1200

/** `why` alone, and its document. */
export const lookWithWhy: Look = (world, made, situation) => runWhy(world, made, situation, [])

/** `connect` first, unless that changes the situation; then `why`, with the words of its report. */
export const lookWithBoth: Look = async (world, made, situation) => {
  const connect = situation.isFleeting === true ? undefined : await runConnect(world, made, situation)
  if (connect !== undefined) await delay(PAUSE_MS)
  const path = join(await emptyFolder(world), 'report.txt')
  const outcome = await runWhy(world, made, situation, ['--report', path])
  // a command that could not start has none
  const report = await readFile(path, 'utf8').catch(() => '')
  return { ...outcome, report, ...(connect === undefined ? {} : { connect }) }
}

async function runWhy(
  world: World,
  made: Made,
  situation: SetSituation,
  flags: readonly string[],
): Promise<Outcome> {
  const argv = ['why', made.peer, ...made.target, ...flags, '--json']
  const { stdout, stderr, seconds } = await world.run(argv, LIMIT_MS, made.through)
  const document = stdout.toString()
  try {
    const { named, connections } = readWhy(document)
    return { mark: markOf(named, situation), named, connections, seconds, document }
  } catch {
    return { mark: 'failed', named: [], connections: 0, seconds, document: document + stderr }
  }
}
