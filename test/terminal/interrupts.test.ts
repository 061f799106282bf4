import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { titleWithout } from '../peers/without.ts'
import { missingTerminal } from './tmux.ts'
import { makeTerminalWorld, type Places, type TerminalWorld } from './world.ts'

/** A command that is stopped while it works. */
interface Stopped {
  readonly name: string
  readonly argv: (places: Places) => readonly string[]
  /** On the screen while it works. Those without show nothing. */
  readonly live?: RegExp
  /** It is stopped when the silent peer has its handshake. */
  readonly meets?: true
  readonly exitCode: number
}

const T = ['-t', 'content.torrent']

const STOPPED: readonly Stopped[] = [
  { name: 'connect', argv: ({ silent }) => ['connect', silent, ...T], meets: true, exitCode: 130 },
  {
    name: 'fetch',
    argv: ({ stalling }) => ['fetch', stalling, ...T, '-o', 'files'],
    live: /[1-9][.\d]* %/,
    exitCode: 130,
  },
  {
    name: 'why',
    argv: ({ silent }) => ['why', silent, ...T],
    live: /probing 1 of/,
    meets: true,
    exitCode: 130,
  },
  { name: 'reach', argv: ({ silent }) => ['reach', silent], live: /connection 1,/, exitCode: 130 },
  {
    name: 'scan',
    argv: () => ['scan', '../two-peers.txt', ...T, '--concurrency', '1'],
    live: /1 of 2/,
    exitCode: 0,
  },
  { name: 'metadata', argv: ({ silent }) => ['metadata', silent, ...T], meets: true, exitCode: 130 },
  {
    name: 'serve',
    argv: () => ['serve', '--synthetic', '200000', '--listen', '127.0.0.1:0'],
    live: /magnet:/,
    exitCode: 0,
  },
]

const WIDTHS = [40, 80]

if (missingTerminal === undefined) describe('Ctrl-C in a terminal', interrupts)
else describe.skip(titleWithout(missingTerminal, 'Ctrl-C in a terminal'), interrupts)

function interrupts(): void {
  let world: TerminalWorld
  beforeAll(async () => {
    world = await makeTerminalWorld()
    const { places, folder } = world
    await writeFile(join(folder, 'two-peers.txt'), [places.healthy, places.silent].join('\n'))
  })
  afterAll(() => world.close())

  test.for(STOPPED)('$name', async (stopped) => {
    const screens: string[] = []
    for (const columns of WIDTHS) screens.push(await stop(stopped, columns, world))
    await expect(`${screens.join('\n')}\n`).toMatchFileSnapshot(`screens/stopped-${stopped.name}.txt`)
  })
}

async function stop(
  { argv, live, meets, exitCode }: Stopped,
  columns: number,
  world: TerminalWorld,
): Promise<string> {
  const met = world.metSilent()
  const terminal = await world.open(argv(world.places), { columns, rows: 24 })
  const working = live === undefined ? undefined : await terminal.shows(live)
  if (meets) await met
  await terminal.type('C-c')
  const stopped = await terminal.ended()
  await terminal.close()
  expect(stopped).toMatchObject({ exitCode, cursorIsVisible: true, wraps: true })
  const before = working === undefined ? [] : [...working.unwrapped, `── Ctrl-C at ${columns} columns ──`]
  return world.masked([`── ${columns} columns ──`, ...before, ...stopped.unwrapped].join('\n'))
}
