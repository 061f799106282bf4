import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { format } from 'prettier'
import { installPacked } from '../../packaging/install-packed.mjs'
import { World } from '../world.ts'
import { runAll, type Group, type Look, type Outcome } from './run.ts'
import { keptOf, pageOf, saysOf, summaryOf, type Kept } from './table.ts'
import type { SetSituation } from './situation.ts'

/** A set of situations with known causes, and where its results are written. */
export interface SituationSet {
  readonly groups: readonly Group[]
  readonly look: Look
  /** In Markdown, what comes before the tables. */
  readonly introduction: string
  /** Path of the page in the documentation. */
  readonly page: string
  /** Path of the file with the first run of each situation. */
  readonly firstRun: string
}

const OPTIONS = {
  only: { type: 'string', default: '' },
  /** Part of the name of a group. */
  group: { type: 'string', default: '' },
  /** Writes the page; a first run is never written again. */
  update: { type: 'boolean', default: false },
  /** Writes the page with the first run alone, and makes nothing. */
  page: { type: 'boolean', default: false },
  /** Keeps the results of situations that have no first run yet. */
  record: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  /** An installed command, instead of one that is built and packed now. */
  command: { type: 'string' },
  /** Where the JSON documents are written. */
  evidence: { type: 'string' },
} as const

/** Goes through a set as the command line says. */
export async function runSet(set: SituationSet): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  const wanted = set.groups
    .filter(({ name }) => name.includes(values.group))
    .flatMap(({ situations }) => situations)
    .filter(({ name }) => name.includes(values.only))
  if (values.update && (values.only !== '' || values.group !== ''))
    throw new Error('--update writes about all situations: leave out --only and --group')
  if (values.page) return writePage(set, undefined)
  if (values.list) {
    for (const { name, causes, note } of wanted) console.log(`${name}: ${causes.join(', ')}: ${note}`)
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-set-command-'))
  const world = await World.make(values.command ?? (await installPacked(folder)))
  try {
    const now = await look(world, wanted, set.look, values.evidence)
    if (values.record) await record(set, now)
    if (values.update) await writePage(set, now)
    console.log(`\n${summaryOf(now)}`)
    if (Object.values(now).some(({ mark }) => mark === 'wrong' || mark === 'failed')) process.exitCode = 1
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function look(
  world: World,
  wanted: readonly SetSituation[],
  lookAt: Look,
  evidence: string | undefined,
): Promise<Kept> {
  if (evidence !== undefined) await mkdir(evidence, { recursive: true })
  const writing: Promise<void>[] = []
  const outcomes = await runAll(world, wanted, lookAt, (situation, outcome) => {
    console.log(lineOf(situation, outcome))
    if (evidence !== undefined)
      writing.push(writeFile(join(evidence, `${fileName(situation)}.json`), outcome.document))
  })
  await Promise.all(writing)
  return Object.fromEntries([...outcomes].map(([name, outcome]) => [name, keptOf(outcome)]))
}

async function firstRunOf({ firstRun }: SituationSet): Promise<Kept> {
  return JSON.parse(await readFile(firstRun, 'utf8')) as Kept
}

async function record(set: SituationSet, now: Kept): Promise<void> {
  const made = Object.fromEntries(Object.entries(now).filter(([, { mark }]) => mark !== 'not made'))
  const first = { ...made, ...(await firstRunOf(set)) }
  await writeFile(set.firstRun, await format(JSON.stringify(first), { parser: 'json' }))
}

async function writePage(set: SituationSet, last: Kept | undefined): Promise<void> {
  const page = pageOf(set.introduction, set.groups, await firstRunOf(set), last)
  await writeFile(set.page, await format(page, { parser: 'markdown' }))
}

function lineOf({ name, causes, isOneOf = false }: SetSituation, outcome: Outcome): string {
  const { mark, named, connections, seconds, document } = outcome
  if (mark === 'not made') return `NOT MADE ${name}: ${document.slice(0, 300)}`
  const truth = causes.join(isOneOf ? ' | ' : ' + ')
  return `${mark.padEnd(8)} ${name} [${truth}]: ${saysOf(named)}; ${connections} conn, ${seconds.toFixed(1)} s`
}

function fileName({ name }: SetSituation): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, '-')
}
