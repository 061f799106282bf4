// npm run lab -- [--only TEXT] [--update] [--list] [--look FLAGS] [--command PATH]
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'prettier'
import { parseArgs } from 'node:util'
import { installPacked } from '../packaging/install-packed.mjs'
import { runLab } from './runner.ts'
import { STATIONS } from './stations.ts'
import { lineOf, pageOf, summaryOf, tableOf } from './table.ts'
import { World } from './world.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    update: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    look: { type: 'string', default: '' },
    /** An installed command, instead of one that is built and packed now. */
    command: { type: 'string' },
  },
})

if (values.update && values.only !== '')
  throw new Error('--update writes about all situations: leave out --only')

if (values.list) {
  for (const { name, situations } of STATIONS)
    for (const situation of situations)
      console.log(`${name}: ${situation.name}: ${situation.causes.join(' + ')}`)
} else await main()

async function main(): Promise<void> {
  const startedAt = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-lab-command-'))
  const world = await World.make(values.command ?? (await installPacked(folder)))
  try {
    const hasWhy = (await world.run(['why', '--help'], 10_000)).code === 0
    const outcomes = await runLab(world, STATIONS, {
      wants: (station, name) => `${station.name}: ${name}`.includes(values.only),
      commands: new Set(hasWhy ? (['why', 'connect'] as const) : (['connect'] as const)),
      look: values.look.split(' ').filter((flag) => flag !== ''),
      onOutcome: (outcome) => console.log(lineOf(outcome)),
    })
    const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1)
    console.log(`\n${tableOf(outcomes)}\n\n${summaryOf(outcomes)}; ${minutes} minutes`)
    if (values.update) await writePage(pageOf(outcomes))
    process.exitCode = outcomes.some(({ why }) => why?.mark === 'wrong' || why?.mark === 'failed') ? 1 : 0
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** As the formatter of this repository would leave it. */
async function writePage(markdown: string): Promise<void> {
  await writeFile('docs/laboratory.md', await format(markdown, { parser: 'markdown' }))
}
