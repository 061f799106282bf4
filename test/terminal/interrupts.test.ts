import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { titleWithout } from '../peers/without.ts'
import { capturedSessions } from '../support/captures/captured-session.ts'
import { makeNamedPipe } from '../support/processes/named-pipe.ts'
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
  { name: 'reach', argv: ({ mute }) => ['reach', mute], live: /connection 1,/, exitCode: 130 },
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

const WIDTHS = [40, 60, 80, 120]

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
    if (stopped.meets) for (const columns of WIDTHS) screens.push(await stop(stopped, columns, world))
    else screens.push(...(await Promise.all(WIDTHS.map((columns) => stop(stopped, columns, world)))))
    await expect(`${screens.join('\n')}\n`).toMatchFileSnapshot(`screens/stopped-${stopped.name}.txt`)
  })

  test.for<readonly [how: string, line: string]>([
    ['named', '$peerwire decode pipe'],
    ['on stdin', '$peerwire decode - < pipe'],
  ])('decode of a pipe, %s', async ([, line]) => {
    const name = `pipe-${line.length}`
    const path = join(world.folder, name)
    makeNamedPipe(path)
    // it has a writer before it has a reader
    const opened = open(path, 'w')
    const terminal = await world.openShell(line.replace('pipe', `../${name}`), { columns: 80, rows: 24 })
    const pipe = await opened
    // a pipe and cat keep less than this, so some of it was read
    await pipe.write(capturedSessions(Array.from({ length: 12 }, () => ({}))))
    await terminal.type('C-c')
    const { unwrapped, ...stopped } = await terminal.ended()
    await pipe.close()
    await terminal.close()
    expect(stopped).toMatchObject({ exitCode: 130, cursorIsVisible: true, wraps: true })
    expect(unwrapped[0]).toMatch(/^! \S+ {2}stopped by you {2,}\d+ ms$/)
    expect(unwrapped[1]).toBe('  To go on, run the same command again.')
    expect(unwrapped.join('\n')).toMatch(/192\.0\.2\.1:50000 → 198\.51\.100\.9:6881\n.*peer 1|messages in/)
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
