import { expect, test } from 'vitest'
import { fuzz } from '../fuzz/fuzz.ts'
import { FUZZ_TARGETS, type FuzzTarget } from '../fuzz/targets.ts'

const RUNS_PER_TARGET = 400

test.each(FUZZ_TARGETS)('$name holds for damaged input', (target) => {
  const seed = Math.floor(Math.random() * 1_000_000_000)
  const { finding } = fuzz({ targets: [target], seed, goOn: (runs) => runs < RUNS_PER_TARGET })
  expect(finding).toBeUndefined()
})

test('a fault is found, told with its seed, and found again with it', () => {
  const target: FuzzTarget = {
    name: 'zeros are refused',
    sample: (random) => random.bytes(20),
    check: (bytes) => {
      if (bytes.includes(0)) throw new Error('a zero')
    },
  }
  const { runs, finding } = fuzz({ targets: [target], seed: 1, goOn: (done) => done < 10_000 })
  expect(runs).toBeGreaterThan(1)
  expect(finding).toMatchObject({ target: 'zeros are refused', error: new Error('a zero') })
  const again = fuzz({ targets: [target], seed: finding?.seed ?? 0, goOn: () => false })
  expect(again).toStrictEqual({ runs: 1, finding })
})
