import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecodedConnection, DecodeReport } from '../../src/report/model/decode.ts'
import { decode } from '../../src/run/decode/decode.ts'
import type { TraceEvent } from '../../src/trace/event.ts'
import { BLOCK_LENGTH } from '../../src/base/limits.ts'
import { MessageId, type MessageName } from '../../src/wire/message/id.ts'
import { describeInNamespace } from '../peers/describe-in-namespace.ts'
import { startPeer, type PeerKind, type PeerOptions, type RunningPeer } from '../peers/peer.ts'
import { missingProgram } from '../peers/programs.ts'
import { titleWithout } from '../peers/without.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'
import { followTcp, type FollowedTcp } from '../peers/tshark.ts'

/**
 * `decode` on what dumpcap captured of two real clients, on an interface with the MTU of Ethernet. The messages of TCP are
 * counted a second time in the bytes that tshark puts in order.
 *
 * The messages that tshark itself lists are not right here. Of 321 blocks it found between 7 and 321 over TCP, of 321 requests
 * 272 to 321, and a choke that nobody sent; over uTP 289 requests, and 170 or 333 blocks.
 */

const DUMPCAP = 'dumpcap'
/** From iproute2. */
const IP = 'ip'

const LENGTH = 20 * 262_144 + 4321
const BLOCKS = Math.ceil(LENGTH / BLOCK_LENGTH)

type Side = Pick<PeerOptions, 'transport' | 'encryption'> & { readonly kind: PeerKind }

interface Pair {
  readonly transport: 'tcp' | 'utp'
  readonly seeder: Side
  readonly downloader: Side
  /** How their messages are carried; default `plaintext`. */
  readonly encryption?: DecodedConnection['encryption']
}

/** Both sides of libtorrent, which then choose plaintext inside the encryption handshake. */
const IN_MSE = { kind: 'libtorrent', encryption: 'plaintext-in-mse-only' } as const

const PAIRS: readonly Pair[] = [
  {
    transport: 'tcp',
    seeder: { kind: 'libtorrent', encryption: 'off' },
    downloader: { kind: 'transmission' },
  },
  {
    transport: 'tcp',
    seeder: { kind: 'transmission' },
    downloader: { kind: 'libtorrent', encryption: 'off' },
  },
  {
    transport: 'tcp',
    seeder: { kind: 'libtorrent', encryption: 'off' },
    downloader: { kind: 'aria2' },
  },
  {
    transport: 'tcp',
    seeder: { kind: 'aria2' },
    downloader: { kind: 'libtorrent', encryption: 'off' },
  },
  {
    transport: 'utp',
    seeder: { kind: 'transmission', transport: 'both' },
    downloader: { kind: 'libtorrent', transport: 'utp', encryption: 'off' },
  },
  {
    transport: 'utp',
    seeder: { kind: 'libtorrent', transport: 'utp', encryption: 'off' },
    downloader: { kind: 'libtorrent', transport: 'utp', encryption: 'off' },
  },
  {
    transport: 'tcp',
    seeder: { kind: 'transmission' },
    downloader: { kind: 'aria2', encryption: 'require' },
    encryption: 'mse-plaintext',
  },
  { transport: 'tcp', seeder: IN_MSE, downloader: IN_MSE, encryption: 'mse-plaintext' },
  {
    transport: 'utp',
    seeder: { ...IN_MSE, transport: 'utp' },
    downloader: { ...IN_MSE, transport: 'utp' },
    encryption: 'mse-plaintext',
  },
]

interface Dumpcap {
  readonly stop: () => Promise<void>
}

/** Resolves when it captures. */
async function startDumpcap(file: string, port: number): Promise<Dumpcap> {
  const child = spawn(
    'dumpcap',
    ['-q', '-B', '256', '-i', 'lo', '-f', `host 127.0.0.1 and port ${port}`, '-w', file],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  const closed = once(child, 'close')
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('File: ')) resolve()
    })
    child.once('close', () => reject(new Error(said)))
  })
  return {
    stop: async () => {
      // what is in the buffer of the kernel is read every 100 ms
      await delay(500)
      child.kill('SIGINT')
      await closed
    },
  }
}

/** The block with an offset, as often as it was transferred. */
function blockOf(event: TraceEvent): string | undefined {
  if (event.type !== 'sent' && event.type !== 'received') return undefined
  if (event.what !== 'message' || event.message.type !== 'piece') return undefined
  return `${event.message.piece} ${event.message.begin}`
}

async function decodeFile(
  file: string,
  port: number,
): Promise<{ report: DecodeReport; blocks: Set<string> }> {
  const blocks = new Set<string>()
  const report = await decode({
    name: file,
    chunks: createReadStream(file),
    hex: false,
    connection: undefined,
    filter: { address: '127.0.0.1', port },
    torrent: undefined,
    trace: (event) => {
      const block = blockOf(event)
      if (block !== undefined) blocks.add(block)
    },
  })
  return { report, blocks }
}

type Counts = Readonly<Record<string, number>>

/** Counts by id, without keep-alives. */
function byId(counts: Counts): Counts {
  const known = Object.entries(counts).filter(([name]) => name !== 'keep-alive')
  return Object.fromEntries(known.map(([name, count]) => [String(MessageId[name as MessageName]), count]))
}

/** Counts the frames of both streams by their ids, without the code that is tested; undefined where no handshake can be read. */
function countFrames({ initiator, responder }: FollowedTcp) {
  return { initiator: countIds(initiator), responder: countIds(responder) }
}

function countIds(stream: Buffer): Counts | undefined {
  const counts: Record<string, number> = {}
  const handshake = stream.indexOf('\u0013BitTorrent protocol')
  if (handshake === -1) return undefined
  for (let at = handshake + 68; at + 5 <= stream.length;) {
    const length = stream.readUInt32BE(at)
    const id = String(stream[at + 4])
    at += 4 + length
    if (length > 0 && at <= stream.length) counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

async function capturePair({ seeder, downloader }: Pair): Promise<{ file: string; port: number }> {
  const made = await torrent
  const empty = await makeEmptyFolder()
  const peers: RunningPeer[] = []
  const start = async (side: Side, more: Partial<PeerOptions>) => {
    const peer = await startPeer(side.kind, {
      torrent: made.torrentBytes,
      dataFolder: made.dataFolder,
      ...side,
      ...more,
    })
    peers.push(peer)
    return peer
  }
  const download = { role: 'download', dataFolder: empty.path } as const
  const file = join((await folder).path, `${captures++}.pcapng`)
  let dumpcap: Dumpcap | undefined
  try {
    // Transmission never dials a loopback address, so the seeder dials
    const isDialled = downloader.kind === 'transmission'
    const first = await (isDialled ? start(downloader, download) : start(seeder, {}))
    dumpcap = await startDumpcap(file, first.port)
    const second = await (isDialled
      ? start(seeder, { connectTo: first })
      : start(downloader, { ...download, connectTo: first }))
    await (isDialled ? first : second).completed()
    const content = await readFile(join(empty.path, made.name))
    expect(content.equals(made.content)).toBe(true)
    return { file, port: first.port }
  } finally {
    await dumpcap?.stop()
    await Promise.all(peers.map((peer) => peer.stop()))
    await empty.remove()
  }
}

let captures = 0
const torrent = makeTorrent({ length: LENGTH })
const folder = makeEmptyFolder()

afterAll(async () => {
  await (await torrent).remove()
  await (await folder).remove()
})

const missing = [DUMPCAP, 'tshark', 'transmission-daemon', 'aria2c'].find(
  (program) => missingProgram(program) !== undefined,
)

function body(): void {
  beforeAll(async () => {
    const ip = spawn(IP, ['link', 'set', 'lo', 'mtu', '1500', 'gso_max_segs', '1'], { stdio: 'inherit' })
    expect(await once(ip, 'close')).toStrictEqual([0, null])
  })

  describe.each(PAIRS)('$seeder.kind to $downloader.kind over $transport, $encryption', (pair) => {
    test('every block is found, and every other message', { timeout: 100_000 }, async () => {
      const { file, port } = await capturePair(pair)
      const { report, blocks } = await decodeFile(file, port)
      const connections = report.capture?.connections ?? []
      const known = connections.filter(({ protocol }) => protocol === 'bittorrent')
      expect(known.map(({ losses }) => losses)).toStrictEqual(known.map(() => 0))
      // the one that saw the client ready may have begun before the capture
      const whole = known.filter((connection) => connection.whole)
      const { encryption: expected = 'plaintext' } = pair
      expect(whole.map(({ encryption }) => encryption)).toStrictEqual(whole.map(() => expected))
      expect(blocks.size).toBe(BLOCKS)
      const blockCounts = known.map(
        ({ messages: { sent, received } }) => (sent.piece ?? 0) + (received.piece ?? 0),
      )
      expect(blockCounts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(BLOCKS)
      if (pair.transport === 'utp') return
      for (const { number, messages, handshakeHidden } of known) {
        const ours = {
          initiator: handshakeHidden ? undefined : byId(messages.sent),
          responder: byId(messages.received),
        }
        // all connections are TCP, and tshark counts from 0
        expect(countFrames(await followTcp(file, number - 1))).toStrictEqual(ours)
      }
    })
  })
}

if (missing === undefined) describeInNamespace('libtorrent', import.meta.url, body)
else describe.skip(titleWithout(missing, 'captures of dumpcap'), body)
