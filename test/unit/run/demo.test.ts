import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/net/clock.ts'
import { createOutputFile } from '../../../src/net/files/output-file.ts'
import { systemResolve } from '../../../src/net/resolve.ts'
import { dialTcp, listenTcp } from '../../../src/net/tcp/tcp.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../../src/net/files/temporary-folder.ts'
import { demo } from '../../../src/run/demo.ts'

test('the demo describes its own seeder truly, proves a block and leaves nothing behind', async () => {
  const folders: TemporaryFolder[] = []
  const report = await demo(
    {},
    {
      dial: dialTcp,
      listen: listenTcp,
      resolve: systemResolve,
      clock: systemClock,
      random: (length) => new Uint8Array(randomBytes(length)),
      files: { create: (path, force) => createOutputFile(path, force, 'token') },
      temporaryFolder: async () => {
        const folder = await makeTemporaryFolder()
        folders.push(folder)
        return folder
      },
    },
  )
  expect(report).toMatchObject({
    ok: true,
    exitCode: 0,
    error: null,
    connect: {
      availability: { source: 'have-all', have: 46, percent: 100 },
      handshake: { peerId: { client: 'peerwire' } },
    },
    fetchBlock: { block: { bytes: 40_000, verified: 'piece-sha1' } },
  })
  const findings = [...report.connect.findings, ...report.fetchBlock.findings]
  expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  expect(folders).toHaveLength(1)
  const name = folders[0]?.file('').split('/').at(-2) ?? ''
  expect(readdirSync(tmpdir())).not.toContain(name)
})
