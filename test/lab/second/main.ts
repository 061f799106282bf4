// npm run lab:second -- [--only TEXT] [--update] [--list] [--command PATH] [--evidence FOLDER]
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format } from 'prettier'
import { installPacked } from '../../packaging/install-packed.mjs'
import { World } from '../world.ts'
import { GROUPS } from './groups.ts'
import { runAll, type Outcome } from './run.ts'
import { keptOf, pageOf, saysOf, summaryOf, type Kept } from './table.ts'
import type { SecondSituation } from './situation.ts'

const FIRST_RUN = fileURLToPath(new URL('first-run.json', import.meta.url))
const PAGE = 'docs/laboratory-second.md'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Writes the page; the first run is never written again. */
    update: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    /** An installed command, instead of one that is built and packed now. */
    command: { type: 'string' },
    /** Where the JSON documents are written. */
    evidence: { type: 'string' },
  },
})

const wanted = GROUPS.flatMap(({ situations }) => situations).filter(({ name }) => name.includes(values.only))
if (values.update && values.only !== '')
  throw new Error('--update writes about all situations: leave out --only')
if (values.list)
  for (const { name, causes, note } of wanted) console.log(`${name}: ${causes.join(', ')}: ${note}`)
else await main()

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-second-command-'))
  const world = await World.make(values.command ?? (await installPacked(folder)))
  try {
    if (values.evidence !== undefined) await mkdir(values.evidence, { recursive: true })
    const writing: Promise<void>[] = []
    const outcomes = await runAll(world, wanted, (situation, outcome) => {
      console.log(lineOf(situation, outcome))
      if (values.evidence !== undefined)
        writing.push(writeFile(join(values.evidence, `${fileName(situation)}.json`), outcome.document))
    })
    await Promise.all(writing)
    const now = Object.fromEntries(wanted.map(({ name }) => [name, keep(outcomes.get(name))]))
    console.log(`\n${summaryOf(now)}`)
    if (values.update) await update(now)
    if ([...outcomes.values()].some(({ mark }) => mark === 'wrong' || mark === 'failed')) process.exitCode = 1
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function keep(outcome: Outcome | undefined) {
  if (outcome === undefined) throw new Error('a situation was left out')
  return keptOf(outcome)
}

async function update(now: Kept): Promise<void> {
  const first = JSON.parse(await readFile(FIRST_RUN, 'utf8')) as Kept
  await writeFile(PAGE, await format(pageOf(GROUPS, first, now), { parser: 'markdown' }))
}

function lineOf({ name, causes, isOneOf = false }: SecondSituation, outcome: Outcome): string {
  const { mark, named, connections, seconds, document } = outcome
  if (mark === 'not made') return `NOT MADE ${name}: ${document.slice(0, 300)}`
  const truth = causes.join(isOneOf ? ' | ' : ' + ')
  return `${mark.padEnd(8)} ${name} [${truth}]: ${saysOf(named)}; ${connections} conn, ${seconds.toFixed(1)} s`
}

function fileName({ name }: SecondSituation): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, '-')
}
