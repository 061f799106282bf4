import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'

/** By comparison and contender: its median ratio to the reference. */
type Ratios = Record<string, Record<string, number>>

interface RatiosFile {
  /** Where and when they were measured. Ratios of two machines differ. */
  readonly machine: string
  readonly ratios: Ratios
}

/** The last run on this machine, which git ignores. */
const LAST_RUN = 'node_modules/.cache/peerwire-bench.json'

/** What is committed: for comparisons that this machine has not run. */
const COMMITTED = 'test/bench/ratios.json'

/** Compares each ratio with the last run, and keeps it for the next one. */
export class RatioRecord {
  readonly #before: Ratios
  readonly #now: Ratios = {}

  constructor() {
    this.#before = { ...read(COMMITTED).ratios, ...read(LAST_RUN).ratios }
  }

  /** Records a ratio, and returns `, was x2.60` for the text beside it; empty when it was never measured. */
  compare(title: string, contender: string, ratio: number): string {
    // without the amount of work, which does not change what it is
    const work = title.replace(/: \d.*$/, '')
    this.#now[work] = { ...this.#now[work], [contender]: Number(ratio.toFixed(3)) }
    const before = this.#before[work]?.[contender]
    // the reference is always 1
    return before === undefined || ratio === 1 ? '' : `, was x${before.toFixed(2)}`
  }

  /** Writes what was measured over what was known. @param isKept also in the file that is committed */
  save(isKept: boolean): void {
    for (const path of isKept ? [LAST_RUN, COMMITTED] : [LAST_RUN]) {
      const ratios = { ...read(path).ratios, ...this.#now }
      const file: RatiosFile = { machine: machine(), ratios }
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`)
    }
  }
}

function read(path: string): RatiosFile {
  if (!existsSync(path)) return { machine: '', ratios: {} }
  return JSON.parse(readFileSync(path, 'utf8')) as RatiosFile
}

function machine(): string {
  const cores = cpus()
  const model = cores[0]?.model ?? 'an unknown processor'
  return `${cores.length} cores of ${model}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
}
