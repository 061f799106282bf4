import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DecodeReport } from '../../src/report/model/decode.ts'
import { buildCli, endOf } from '../support/processes/cli-process.ts'
import { MAX_RESIDENT, reportedPeak, reportingPeak } from '../support/processes/peak-memory.ts'
import { HOSTILE_CAPTURES } from './captures.ts'

/** Captures that are meant to break `decode` as installed: a report or a typed error, in bounded memory. */

const { start, folder, remove } = await buildCli()
afterAll(remove)

test.each(HOSTILE_CAPTURES)('$name', { timeout: 180_000 }, async ({ name, chunks, error }) => {
  const peak = join(folder, name.replaceAll(/\W/g, '-'))
  const child = start(['decode', '-', '--json'], reportingPeak(peak))
  const ended = endOf(child)
  for (const chunk of chunks()) {
    if (!child.stdin.write(chunk))
      await Promise.race([once(child.stdin, 'drain'), ended]).catch(() => undefined)
    if (child.stdin.destroyed) break
  }
  child.stdin.end()
  const { code, stdout, stderr } = await ended
  expect(stderr).toBe('')
  const report = JSON.parse(stdout.toString()) as DecodeReport
  expect(report.error?.code ?? null).toBe(error)
  expect(code === 2).toBe(error !== null)
  expect(reportedPeak(peak)).toBeLessThan(MAX_RESIDENT)
})
