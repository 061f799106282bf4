import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { titleWithout } from '../peers/without.ts'
import { missingTerminal, type WindowSize } from './tmux.ts'
import { makeTerminalWorld, type TerminalWorld } from './world.ts'

const USUAL = { columns: 80, rows: 24 }

if (missingTerminal === undefined) describe('what is around the command', surroundings)
else describe.skip(titleWithout(missingTerminal, 'what is around the command'), surroundings)

function surroundings(): void {
  let world: TerminalWorld
  beforeAll(async () => {
    world = await makeTerminalWorld()
  })
  afterAll(() => world.close())

  const connect = async (size: WindowSize, env: { readonly [name: string]: string } = {}) => {
    const terminal = await world.open(['connect', world.places.healthy, '-t', 'content.torrent'], size, env)
    const screen = await terminal.ended()
    await terminal.close()
    expect(screen.exitCode).toBe(0)
    return screen.unwrapped
  }

  test.for<readonly [what: string, env: { readonly [name: string]: string }]>([
    ['a locale without UTF-8', { LC_ALL: 'C' }],
    ['a dumb terminal without UTF-8', { LC_ALL: 'C', TERM: 'dumb' }],
  ])('%s: only ASCII', async ([, env]) => {
    const lines = await connect(USUAL, env)
    expect(lines[0]).toMatch(/^ok {3}127\.0\.0\.1:\d+ {2}peerwire/)
    expect(lines.join('')).toMatch(/^[ -~]*$/)
  })

  test('a window of 20 columns shows a report of 40, one of 300 columns a report of 120', async () => {
    const [narrow, wide] = [
      await connect({ columns: 20, rows: 50 }),
      await connect({ columns: 300, rows: 24 }),
    ]
    expect(narrow.filter((line) => line.length > 40)).toStrictEqual([])
    expect(narrow[0]).toMatch(/^✓ /)
    expect(Math.max(...wide.map((line) => line.length))).toBe(120)
  })

  // in an empty window, whose first row is the panel after it was made narrower
  test('a bar that is redrawn while its window is made narrower and wider leaves nothing behind', async () => {
    const command = ['fetch', world.places.slow, '-t', 'content.torrent', '-o', 'files']
    const terminal = await world.open(command, { columns: 100, rows: 24 })
    await terminal.shows(/ of 13 pieces .*left$/)
    await terminal.resize({ columns: 45, rows: 24 })
    // the line of a wide window has wrapped, and is replaced
    await terminal.shows(/^[━·]+ +[\d.]+ % {2}[\d.]+ KiB\/s {2}.*left$/m)
    await terminal.resize({ columns: 110, rows: 24 })
    const screen = await terminal.shows(/ of 13 pieces .*left$/)
    await terminal.type('C-c')
    const ended = await terminal.ended()
    await terminal.close()
    expect(screen.unwrapped).toHaveLength(1)
    expect(ended.unwrapped[0]).toMatch(/^! 127\.0\.0\.1:\d+ {2}stopped by you/)
  })

  test('a line that nothing else would redraw follows its window at once', async () => {
    const command = ['why', world.places.silent, '-t', 'content.torrent', '--handshake-timeout', '1m']
    const terminal = await world.open(command, { columns: 40, rows: 24 })
    await terminal.shows(/^probing 1 of at most 12: tcp plaintext…$/)
    await terminal.resize({ columns: 100, rows: 24 })
    const screen = await terminal.shows(/^probing 1 .* the usual way first$/)
    await terminal.resize({ columns: 40, rows: 24 })
    const narrow = await terminal.shows(/^probing 1 of at most 12: tcp plaintext…$/)
    await terminal.close()
    expect([screen.unwrapped, narrow.unwrapped].map(({ length }) => length)).toStrictEqual([1, 1])
  })

  test('the panel of serve follows its window', async () => {
    const serving = await world.open(['serve', '--synthetic', '200000', '--listen', '127.0.0.1:0'], {
      columns: 100,
      rows: 24,
    })
    const [, port] = /127\.0\.0\.1:(\d+)$/m.exec((await serving.shows(/magnet:/)).unwrapped.join('\n')) ?? []
    const quiet = ['--interested', '--settle', '1m', '--wait', '1m']
    const peer = await world.open(['connect', `127.0.0.1:${port}`, '-t', 'content.torrent', ...quiet], USUAL)
    const screens: string[] = []
    for (const columns of [120, 60, 40, 80]) {
      await serving.resize({ columns, rows: 24 })
      const { unwrapped } = await serving.shows(new RegExp(`\n─{${columns - 1}}\n.* downloads`))
      screens.push(`── ${columns} columns ──`, ...unwrapped)
    }
    await serving.type('C-c')
    await serving.ended()
    await serving.close()
    await peer.close()
    await expect(`${world.masked(screens.join('\n'))}\n`).toMatchFileSnapshot('screens/serve-panel.txt')
  })

  test.for<readonly [line: string, shown: RegExp, exitCode: number]>([
    ['$peerwire explain | head -n 1', /^Exit codes$/, 0],
    ['$peerwire explain 4 | less -FX', /^4 \(exit code\)/, 0],
    ['$peerwire explain 4 > explained && head -n 1 explained', /^4 \(exit code\)$/, 0],
    ['$peerwire explain 4 | cat -v | head -n 1', /^4 \(exit code\)$/, 0],
    ['FORCE_COLOR=1 $peerwire explain 4 | cat -v | head -n 1', /\^\[\[1m/, 0],
    ['NO_COLOR=1 FORCE_COLOR=1 $peerwire explain 4 2>&1 | cat -v | head -n 1', /^4 \(exit code\)$/, 0],
    ['NO_COLOR=1 FORCE_COLOR=1 $peerwire explain --help 2>&1 | tail -n 1', /^peerwire explain WORD/, 0],
    ['COLUMNS=60 $peerwire --help | head -n 3 | tail -n 1 | wc -L', /^\s*5\d$/, 0],
    ['COLUMNS= $peerwire --help | head -n 3 | tail -n 1 | wc -L', /^\s*7\d$/, 0],
  ])('%s', async ([line, shown, exitCode]) => {
    const terminal = await world.openShell(line, USUAL)
    const screen = await terminal.ended()
    await terminal.close()
    expect(screen.unwrapped.join('\n')).toMatch(shown)
    expect(screen.exitCode).toBe(exitCode)
  })
}
