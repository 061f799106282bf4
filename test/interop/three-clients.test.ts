import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import type { DecodeReport } from '../../src/report/model/decode.ts'
import type { ServeReport } from '../../src/report/model/serve.ts'
import { MessageId, type MessageName } from '../../src/wire/message/id.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer, type PeerKind, type PeerOptions, type RunningPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'
import { complaints, countMessages, describeTshark } from '../peers/tshark.ts'
import { buildCli, endOf } from '../support/processes/cli-process.ts'
import { readTrace } from '../support/captures/trace-file.ts'

/** `serve` with three clients at once: its capture, its trace and its report say the same, and tshark too. */

const torrent = await makeTorrent({ length: 16 * 262_144 + 4321 })
const cli = await buildCli()

afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

type Counts = Readonly<Record<string, number>>

function sum(...all: readonly Counts[]): Counts {
  const total: Record<string, number> = {}
  for (const counts of all)
    for (const [id, count] of Object.entries(counts)) total[id] = (total[id] ?? 0) + count
  return total
}

/** Counts of messages by id, as tshark has them; it does not count keep-alives. */
function countTraced(trace: string, direction: 'sent' | 'received'): Counts {
  const counts: Record<string, number> = {}
  for (const event of readTrace(trace)) {
    if (event.type !== direction || event.what !== 'message' || event.message.type === 'keep-alive') continue
    const id = String(MessageId[event.message.type as MessageName])
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

describeTshark('tshark on three clients at once', () => {
  // each test needs all three
  describePeer('transmission', () =>
    describePeer('aria2', () =>
      describePeer('libtorrent', () => {
        test('finds what the report and the trace say', async () => {
          const peers: RunningPeer[] = []
          const folders = await Promise.all([1, 2, 3].map(() => makeEmptyFolder()))
          const download = async (index: number, kind: PeerKind, how: Partial<PeerOptions>) => {
            const dataFolder = folders[index]?.path ?? ''
            const common = { torrent: torrent.torrentBytes, dataFolder, role: 'download' } as const
            const peer = await startPeer(kind, { ...common, ...how })
            peers.push(peer)
            return peer
          }
          const [capture, traceFile] = [join(cli.folder, 'three.pcapng'), join(cli.folder, 'three.ndjson')]
          try {
            // it never dials a loopback address
            const transmission = await download(0, 'transmission', {})
            const data = join(torrent.dataFolder, torrent.name)
            const server = cli.start([
              ...['serve', '--listen', '127.0.0.1:0', '-t', torrent.torrentPath, '--data', data],
              ...['--connect', `127.0.0.1:${transmission.port}`, '--strict', '--ndjson'],
              ...['--capture', capture, '--trace-file', traceFile],
            ])
            const ended = endOf(server)
            const [first] = (await once(server.stdout, 'data')) as [Buffer]
            const port = Number(/127\.0\.0\.1:(\d+)/.exec(first.toString())?.[1])
            const connectTo = { host: '127.0.0.1', port }
            await Promise.all([
              download(1, 'aria2', { connectTo, encryption: 'rc4-only' }),
              download(2, 'libtorrent', { connectTo, encryption: 'off', transport: 'utp' }),
            ])
            await Promise.all(peers.map((peer) => peer.completed()))
            server.kill('SIGTERM')
            const { stdout } = await ended
            const last = stdout.toString().trimEnd().split('\n').at(-1) ?? ''
            const { report } = JSON.parse(last) as { readonly report: ServeReport }

            const ways = new Set(
              report.peers.map(({ transport, encryption }) => `${transport} ${encryption}`),
            )
            for (const way of ['tcp plaintext', 'tcp rc4', 'utp plaintext']) expect(ways).toContain(way)

            const decoded = await cli.run(['decode', traceFile, '--json'])
            const { served } = JSON.parse(decoded.stdout.toString()) as DecodeReport
            expect(served?.peers).toStrictEqual(report.peers)

            for (const one of [port, transmission.port])
              expect(await complaints(capture, one)).toStrictEqual([])
            const [accepted, dialled] = [
              await countMessages(capture, port),
              await countMessages(capture, transmission.port),
            ]
            const trace = readFileSync(traceFile, 'utf8')
            expect(sum(accepted.from, dialled.to)).toStrictEqual(countTraced(trace, 'sent'))
            expect(sum(accepted.to, dialled.from)).toStrictEqual(countTraced(trace, 'received'))
            expect(countTraced(trace, 'sent')['7']).toBeGreaterThan(3 * 16 * 16)

            const infos = await promisify(execFile)('capinfos', ['-o', capture])
            expect(infos.stdout).toContain('True')
          } finally {
            await Promise.all(peers.map((peer) => peer.stop()))
            await Promise.all(folders.map((folder) => folder.remove()))
          }
        })
      }),
    ),
  )
})
