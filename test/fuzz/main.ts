// npm run fuzz -- [--seconds 60] [--seed N] [--target NAME] [--runs N]
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { FUZZ_TARGETS } from './targets.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    target: { type: 'string' },
    runs: { type: 'string', default: 'Infinity' },
  },
})
const targets = FUZZ_TARGETS.filter(({ name }) => values.target === undefined || name === values.target)
if (targets.length === 0) {
  console.error(`no target ${values.target}; there are ${FUZZ_TARGETS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

console.log(`seed ${values.seed}, ${targets.length} targets, ${values.seconds} s`)
const end = performance.now() + 1000 * Number(values.seconds)
const most = Number(values.runs)
const { runs, finding } = fuzz({
  targets,
  seed: Number(values.seed),
  goOn: (done) => done < most && (done % 64 !== 0 || performance.now() < end),
})
if (finding === undefined) {
  console.log(`${runs} runs, nothing found`)
} else {
  console.error(`run ${runs}: ${finding.target}, input ${finding.input}`)
  console.error(finding.error)
  console.error(`again: npm run fuzz -- --target ${finding.target} --seed ${finding.seed} --runs 1`)
  process.exitCode = 1
}
