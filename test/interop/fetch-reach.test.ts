import { attemptsOf } from '../support/peers/attempts.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { schemaErrors } from '../support/reports/schema.ts'

/** The command as a process, with 32 MiB, against clients that take one kind of connection only. */

const torrent = await makeTorrent({ length: 32 * 2 ** 20 })
const cli = await buildCli()

afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

const REFUSED = 'plaintext closed handshake'

const ROWS = [
  { kind: 'libtorrent', takes: { encryption: 'rc4-only' }, attempts: [REFUSED, 'rc4 ok done'] },
  {
    kind: 'libtorrent',
    takes: { encryption: 'plaintext-in-mse-only' },
    attempts: [REFUSED, 'mse-plaintext ok done'],
  },
  { kind: 'libtorrent', takes: { encryption: 'off', transport: 'utp' }, attempts: ['plaintext ok done'] },
  {
    kind: 'libtorrent',
    takes: { encryption: 'rc4-only', transport: 'utp' },
    attempts: [REFUSED, 'rc4 ok done'],
  },
  { kind: 'aria2', takes: { encryption: 'require' }, attempts: [REFUSED, 'mse-plaintext ok done'] },
  { kind: 'qbittorrent', takes: { encryption: 'require' }, attempts: [REFUSED, 'rc4 ok done'] },
  {
    kind: 'qbittorrent',
    takes: { encryption: 'require', transport: 'utp' },
    attempts: [REFUSED, 'rc4 ok done'],
  },
  // which is slow over uTP
  { kind: 'transmission', takes: { encryption: 'require' }, attempts: [REFUSED, 'rc4 ok done'] },
] as const

for (const kind of ['libtorrent', 'aria2', 'qbittorrent', 'transmission'] as const) {
  describePeer(kind, () => {
    test.each(ROWS.filter((row) => row.kind === kind))(
      'connect and a fetch of 32 MiB from one that takes $takes',
      async ({ takes, attempts }) => {
        const { torrentBytes, torrentPath, dataFolder } = torrent
        const peer = await startPeer(kind, { torrent: torrentBytes, dataFolder, ...takes })
        const folder = await makeEmptyFolder()
        const transport = 'transport' in takes ? takes.transport : 'tcp'
        const run = async (command: 'connect' | 'fetch', ...flags: readonly string[]): Promise<void> => {
          const address = `${peer.host}:${peer.port}`
          const argv = [command, address, '-t', torrentPath, '--json', '--transport', transport, ...flags]
          const { code, stdout } = await cli.run(argv)
          const report = JSON.parse(stdout.toString()) as Pick<ConnectReport, 'attempts' | 'session'>
          expect(report).toMatchObject({ error: null, exitCode: 0 })
          expect(code).toBe(0)
          expect(schemaErrors(command, report)).toBeNull()
          expect(attemptsOf(report)).toStrictEqual(attempts)
          const encryption = attempts.at(-1)?.split(' ')[0]
          expect(report.session).toStrictEqual({ transport, encryption })
          expect(new Set(report.attempts.map((attempt) => attempt.transport))).toStrictEqual(
            new Set([transport]),
          )
        }
        try {
          await run('connect')
          // Transmission hangs up on whoever is back within half a second, as on plaintext: the next attempt waits a second
          await run('fetch', '-o', folder.path)
          const written = await readFile(join(folder.path, torrent.name))
          expect(written.equals(torrent.content)).toBe(true)
        } finally {
          await peer.stop()
          await folder.remove()
        }
      },
    )
  })
}
