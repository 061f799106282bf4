import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { titleWithout } from '../peers/without.ts'
import { buildCli, type BuiltCli } from '../support/processes/cli-process.ts'
import { runLab } from './runner.ts'
import { STATIONS } from './stations.ts'
import { World } from './world.ts'

/** A few situations of the laboratory, of different kinds; `npm run lab` makes all of them. */
const SAMPLE: ReadonlySet<string> = new Set([
  'libtorrent seeds over TCP and uTP',
  'libtorrent does not know the torrent',
  'libtorrent: the torrent is paused, another one is active',
  'libtorrent requires encryption, TCP and uTP',
  'Transmission: the torrent is stopped',
  'aria2 does not know the torrent',
  'peerwire serve --fault reject-all',
  'a service: ssh',
  'nothing listens',
  'a firewall rejects with ICMP',
])

/** Set to 1, a missing client is a failure. */
const REQUIRED = process.env['PEERWIRE_REQUIRE_PEERS'] === '1'

describe('a sample of the laboratory: why names the cause', () => {
  let cli: BuiltCli
  let world: World
  beforeAll(async () => {
    cli = await buildCli()
    world = await World.make(cli.program)
  })
  afterAll(async () => {
    await world.close()
    await cli.remove()
  })

  const rows = STATIONS.flatMap((station) =>
    station.situations.filter(({ name }) => SAMPLE.has(name)).map(({ name }) => ({ station, name })),
  )

  test('every situation of the sample exists', () => {
    expect(rows.map(({ name }) => name).sort()).toStrictEqual([...SAMPLE].sort())
  })

  for (const { station, name } of rows) {
    const missing = station.missing()
    const isSkipped = missing !== undefined && !REQUIRED
    test.skipIf(isSkipped)(isSkipped ? titleWithout(missing, name) : name, async () => {
      const [outcome] = await runLab(world, [station], {
        wants: (_, wanted) => wanted === name,
        commands: new Set(['why'] as const),
      })
      expect(outcome).toMatchObject({ why: { mark: 'right' }, troubles: [], skipped: undefined })
    })
  }
})
