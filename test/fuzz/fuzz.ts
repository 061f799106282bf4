import { toHex } from '../../src/base/bytes.ts'
import { Random } from './random.ts'
import { makeInput, type FuzzTarget } from './targets.ts'

export interface FuzzOptions {
  readonly targets: readonly FuzzTarget[]
  /** The seed of the first run; the next run has the next seed, so that any run can be repeated alone. */
  readonly seed: number
  /** Asked after each run. */
  readonly goOn: (runs: number) => boolean
}

/** What a run found: repeat it with its target and seed. */
export interface FuzzFinding {
  readonly target: string
  readonly seed: number
  readonly input: string
  readonly error: unknown
}

export interface FuzzReport {
  readonly runs: number
  readonly finding: FuzzFinding | undefined
}

/** Takes the targets in turn until `goOn` says no, or something does not hold. */
export function fuzz({ targets, seed, goOn }: FuzzOptions): FuzzReport {
  for (let runs = 0; ;) {
    const target = targets[runs % targets.length] as FuzzTarget
    const random = new Random(seed + runs)
    const input = makeInput(target, random)
    try {
      target.check(input, random)
    } catch (error) {
      const finding = { target: target.name, seed: seed + runs, input: toHex(input), error }
      return { runs: runs + 1, finding }
    }
    runs++
    if (!goOn(runs)) return { runs, finding: undefined }
  }
}
