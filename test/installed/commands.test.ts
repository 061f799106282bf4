import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { afterAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { COMMAND_NAMES } from '../../src/cli/commands/table.ts'
import { endOf } from '../support/processes/cli-process.ts'
import { COMMAND_ROWS } from './rows/command-rows.ts'
import { DECODE_ROWS } from './rows/decode-rows.ts'
import type { Row } from './rows/row.ts'
import { SERVE_ROWS } from './rows/serve-rows.ts'
import { SESSION_ROWS } from './rows/session-rows.ts'
import { REACH_ROWS } from './rows/reach-rows.ts'
import { SCAN_ROWS } from './rows/scan-rows.ts'
import { WHY_ROWS } from './rows/why-rows.ts'
import { makeWorld, servedAddress } from './rows/world.ts'

/** The package as npm installs it: every command and every flag, at least once, with what it brings about. */

const ROWS: readonly Row[] = [
  ...COMMAND_ROWS,
  ...SESSION_ROWS,
  ...SERVE_ROWS,
  ...WHY_ROWS,
  ...REACH_ROWS,
  ...DECODE_ROWS,
  ...SCAN_ROWS,
]
const world = await makeWorld()
const { cli, places } = world

afterAll(() => world.close())

beforeEach(async () => {
  world.seen.length = 0
  await rm(places.folder, { recursive: true, force: true })
  await mkdir(places.folder)
})

test.each(ROWS)('$title', async ({ argv, prepare, exitCode, visit, check }) => {
  prepare?.(places)
  const child = cli.start(argv(places))
  onTestFailed(() => {
    child.kill('SIGKILL')
  })
  const ended = endOf(child)
  if (visit !== undefined) {
    const [listening] = (await once(child.stdout, 'data')) as [Buffer]
    await visit({ peer: servedAddress(listening.toString()) }, world)
  }
  const { code, stdout, stderr } = await ended
  expect(code, `${stdout.toString()}${stderr}`).toBe(exitCode)
  await check({ stdout, stderr, document: () => JSON.parse(stdout.toString()) as unknown }, world)
})

describe('the table is whole', () => {
  test.each(['', ...COMMAND_NAMES])('every flag of "%s" has a row', async (command) => {
    const help = await helpOf(command)
    const offered = flagsIn(help)
    expect(offered.length).toBeGreaterThan(1)
    const used = new Set(
      ROWS.map(({ argv }) => argv(places))
        .filter((argv) => (command === '' ? argv.length === 1 : argv[0] === command))
        .flat(),
    )
    const untested = offered.filter((names) => !names.some((name) => used.has(name)))
    expect(untested.map((names) => names.join(', '))).toStrictEqual([])
  })

  test('and so has every command', async () => {
    const [, list = ''] = /\nCommands:\n([^]*?)\n\n/.exec(await helpOf('')) ?? []
    const commands = Array.from(list.matchAll(/^ {2}(\S+)/gm), ([, name]) => name)
    expect(commands.length).toBeGreaterThan(6)
    const run = new Set(ROWS.map(({ argv }) => argv(places)[0]))
    expect(commands.filter((name) => !run.has(name))).toStrictEqual([])
  })
})

async function helpOf(command: string): Promise<string> {
  const { code, stdout } = await cli.run(command === '' ? ['--help'] : [command, '--help'])
  expect(code).toBe(0)
  return stdout.toString()
}

/** The flags that a help page offers, each with its short name where it has one. */
function flagsIn(help: string): readonly (readonly string[])[] {
  return Array.from(help.matchAll(/^ {2}(?:(-\w), )?(--[a-z0-9-]+)/gm), ([, short, long = '']) =>
    short === undefined ? [long] : [short, long],
  )
}
