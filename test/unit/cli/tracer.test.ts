import { expect, test } from 'vitest'
import { MAX_UNWRITTEN_TRACE } from '../../../src/base/limits.ts'
import type { CliEnv } from '../../../src/cli/env.ts'
import { tracer } from '../../../src/cli/tracer.ts'

test('events that nobody reads are counted and left out', async () => {
  const written: string[] = []
  const waiting: (() => void)[] = []
  const stderr: CliEnv['stderr'] = {
    isTty: false,
    write: (data) => {
      written.push(String(data))
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
  const env = { stderr, variables: {} } as CliEnv
  const trace = await tracer({ trace: true, color: 'never', ascii: false }, env)
  const event = { at: 1, seq: 1, type: 'connected', transport: 'tcp', local: 'a', remote: 'b' } as const
  const count = MAX_UNWRITTEN_TRACE / 4
  for (let i = 0; i < count; i++) trace?.(event)
  const kept = written.length
  const length = written.reduce((sum, line) => sum + line.length, 0)
  expect(kept).toBeLessThan(count)
  expect(length).toBeLessThan(MAX_UNWRITTEN_TRACE + 1024)
  for (const resolve of waiting.splice(0)) resolve()
  await Promise.resolve()
  trace?.(event)
  expect(written.at(-1)).toContain(`(${count - kept} events left out`)
})
