import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { titleWithout } from '../peers/without.ts'
import { SERVED } from '../support/peers/library-serving.ts'
import { SCENES, type Scene } from './scenes.ts'
import { missingTerminal } from './tmux.ts'
import { makeTerminalWorld, type TerminalWorld } from './world.ts'

const WIDTHS = [40, 60, 80, 120]
const HASH = toHex(SERVED.metainfo.infoHashes.v1 ?? new Uint8Array())

if (missingTerminal === undefined) describe('screens of a real terminal', screens)
else describe.skip(titleWithout(missingTerminal, 'screens of a real terminal'), screens)

function screens(): void {
  let world: TerminalWorld
  beforeAll(async () => {
    world = await makeTerminalWorld()
    const { places, folder } = world
    await writeFile(
      join(folder, 'peers.txt'),
      [places.healthy, places.refused, places.http, places.silent].join('\n'),
    )
    const capturing = await world.open(
      ['connect', places.healthy, '-t', 'content.torrent', '-q', '--capture', '../session.pcapng'],
      { columns: 80, rows: 24 },
    )
    await capturing.ended()
  })
  afterAll(() => world.close())

  test.for(SCENES)('$name', async (scene) => {
    const screens = await Promise.all(WIDTHS.map((columns) => screenOf(scene, columns, world)))
    const typed = world.masked(['$ peerwire', ...argvOf(scene, world)].join(' '))
    await expect(`${typed}\n${screens.join('\n')}\n`).toMatchFileSnapshot(`screens/${scene.name}.txt`)
  })
}

function argvOf(scene: Scene, { places }: TerminalWorld): readonly string[] {
  return scene.argv(places).map((word) => (word === 'HASH' ? HASH : word))
}

async function screenOf(scene: Scene, columns: number, world: TerminalWorld): Promise<string> {
  const terminal = await world.open(argvOf(scene, world), { columns, rows: 50 })
  const { lines, unwrapped, exitCode, cursorIsVisible, wraps } = await terminal.ended()
  await terminal.close()
  expect({ cursorIsVisible, wraps }).toStrictEqual({ cursorIsVisible: true, wraps: true })
  if (columns === 80) expect(lines.length).toBeLessThanOrEqual(scene.maxRows ?? Number.POSITIVE_INFINITY)
  // the terminal wraps only what is there to be copied
  expect(
    unwrapped.filter((line) => line.length > columns && !/peerwire | [\da-f]{40}/.test(line)),
  ).toStrictEqual([])
  return `── ${columns} columns, exit ${exitCode} ──\n${world.masked(unwrapped.join('\n'))}`
}
