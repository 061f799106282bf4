import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { SEEDER_LIMITS } from '../../src/net/seeder/options.ts'
import type { ServeReport } from '../../src/report/model/serve.ts'
import { makeSyntheticTorrent } from '../../src/session/upload/synthetic-torrent.ts'
import { encodeMessages, type Message } from '../../src/wire/message/message.ts'
import { buildCli, endOf, type EndedProcess } from '../support/processes/cli-process.ts'
import { CrowdPeer, handshakeOf } from '../support/peers/crowd-peer.ts'
import { MAX_RESIDENT, peakResident } from '../support/processes/peak-memory.ts'
import { request } from '../support/peers/seeder.ts'

/** `serve` as a process of its own before more peers, and worse ones, than it wants. */

const { start, remove } = await buildCli()

afterAll(remove)

/** 1024 pieces of 32 KiB: more to request than a kernel holds for who does not read. */
const LENGTH = 32 * 2 ** 20
const BLOCK_LENGTH = 16_384
const { metainfo } = makeSyntheticTorrent({
  length: LENGTH,
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})
const infoHash = metainfo.infoHashes.v1 ?? new Uint8Array()

interface Serving {
  readonly child: ChildProcessWithoutNullStreams
  readonly port: number
  readonly ended: Promise<EndedProcess>
}

const running: Serving[] = []
const peers: CrowdPeer[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy()
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
})

async function startServing(): Promise<Serving> {
  const child = start([
    'serve',
    '--synthetic',
    String(LENGTH),
    '--listen',
    '127.0.0.1:0',
    '--transport',
    'tcp',
    '--ndjson',
  ])
  const ended = endOf(child)
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(first.toString())?.[1])
  const serving = { child, port, ended }
  running.push(serving)
  return serving
}

function connect({ port }: Serving, address: string): CrowdPeer {
  const peer = new CrowdPeer(port, address, infoHash)
  peers.push(peer)
  return peer
}

/** Many of them, no more at a time than a listener that is busy has room for; `begin` resolves when one has been dealt with. */
async function connectMany(
  serving: Serving,
  count: number,
  addressOf: (index: number) => string,
  begin: (peer: CrowdPeer) => Promise<unknown>,
): Promise<readonly CrowdPeer[]> {
  const all: CrowdPeer[] = []
  while (all.length < count) {
    const length = Math.min(50, count - all.length)
    const some = Array.from({ length }, (_, i) => connect(serving, addressOf(all.length + i)))
    await Promise.all(some.map((peer) => begin(peer)))
    all.push(...some)
  }
  return all
}

/** Until the seeder has said what it has. */
function greet(peer: CrowdPeer): Promise<unknown> {
  return peer
    .handshake()
    .send({ type: 'have-none' })
    .until((messages) => messages.find(({ type }) => type === 'have-all'))
}

/** Downloads one piece that is allowed fast, whoever holds the slots. */
async function fetchPiece(serving: Serving): Promise<void> {
  const peer = connect(serving, '127.0.0.1').handshake().send({ type: 'have-none' }, { type: 'interested' })
  const piece = await peer.until((messages) => messages.find(({ type }) => type === 'allowed-fast'))
  if (piece.type !== 'allowed-fast') throw new Error('no piece is allowed fast')
  const begins = [0, BLOCK_LENGTH]
  peer.send(...begins.map((begin) => request(piece.piece, begin)))
  const blocks = await peer.until((messages) => {
    const found = messages.flatMap((message) => (message.type === 'piece' ? [message.block] : []))
    return found.length === begins.length ? found : undefined
  })
  const hash = createHash('sha1').update(concat(blocks)).digest()
  const at = piece.piece * 20
  expect(hash.equals(metainfo.pieceHashes?.subarray(at, at + 20) ?? hash.subarray(1))).toBe(true)
}

/** Stops the process as a person does; it must not have been in trouble. */
async function interrupt({ child, ended }: Serving): Promise<ServeReport> {
  child.kill('SIGINT')
  const { code, stderr, stdout } = await ended
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' })
  const last = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1) ?? '') as { report: ServeReport }
  return last.report
}

function expectBounded({ child }: Serving): void {
  expect(peakResident(child.pid)).toBeLessThan(MAX_RESIDENT)
}

const requests = (count: number): readonly Message[] =>
  Array.from({ length: count }, (_, i) =>
    request(Math.floor(i / 2) % metainfo.pieceCount, (i % 2) * BLOCK_LENGTH),
  )

test('500 idle peers and 100 that do not read leave room for one that does', async () => {
  const serving = await startServing()
  const idle = await connectMany(serving, 500, (index) => `127.0.1.${1 + (index % 5)}`, greet)
  const slow = await connectMany(serving, 100, () => '127.0.2.1', greet)
  for (const peer of slow) peer.stopReading().send({ type: 'interested' }, ...requests(500))
  await fetchPiece(serving)
  for (const peer of slow) peer.readOnce()
  await fetchPiece(serving)
  expectBounded(serving)
  expect([...idle, ...slow].filter(({ isClosed }) => isClosed)).toHaveLength(0)
  expect(await interrupt(serving)).toMatchObject({ connections: 602, refusedConnections: 0 })
})

describe('a flood', () => {
  test.each([
    { name: 'requests', messages: requests(5000), code: 'E_MESSAGE_FLOOD' },
    {
      name: 'keep-alives',
      messages: Array.from({ length: 5000 }, (): Message => ({ type: 'keep-alive' })),
      code: 'E_MESSAGE_FLOOD',
    },
    { name: 'handshakes', messages: undefined, code: 'E_FRAME_TOO_LARGE' },
  ])('of $name ends its connection, and no other', async ({ messages, code }) => {
    const serving = await startServing()
    const bytes = messages === undefined ? handshakeOf(infoHash) : encodeMessages(messages)
    const other = connect(serving, '127.0.0.2')
    await greet(other)
    for (let i = 0; i < 5; i++) {
      const flooding = connect(serving, '127.0.0.3')
      await greet(flooding)
      flooding.send({ type: 'interested' })
      while (!flooding.isClosed) await Promise.race([flooding.write(bytes), flooding.closed])
    }
    await fetchPiece(serving)
    expectBounded(serving)
    expect(other.isClosed).toBe(false)
    const { peers: reports } = await interrupt(serving)
    expect(reports.filter(({ error }) => error?.code === code)).toHaveLength(5)
  })

  test('of peers from one address leaves room for those from others', async () => {
    const serving = await startServing()
    const greetOrGo = (peer: CrowdPeer) => Promise.race([greet(peer).catch(() => undefined), peer.closed])
    const flooding = await connectMany(serving, 400, () => '127.0.3.1', greetOrGo)
    await fetchPiece(serving)
    expectBounded(serving)
    expect(flooding.filter(({ isClosed }) => !isClosed)).toHaveLength(SEEDER_LIMITS.perAddress)
    expect(await interrupt(serving)).toMatchObject({ refusedConnections: 400 - SEEDER_LIMITS.perAddress })
  })

  test('of peers that say nothing, whatever their address, ends with the oldest of them', async () => {
    const serving = await startServing()
    const silent = await connectMany(
      serving,
      600,
      (index) => `127.0.4.${1 + (index % 10)}`,
      (peer) => peer.connected,
    )
    await fetchPiece(serving)
    await Promise.all(silent.slice(0, 300).map(({ closed }) => closed))
    expectBounded(serving)
    await interrupt(serving)
  })
})

describe('1100 peers, each with a message that lacks two bytes', () => {
  test.each([
    { name: 'a block of 2 MiB', id: 7, size: 2 * 2 ** 20 },
    { name: 'a bitfield of 2 MiB', id: 5, size: 2 * 2 ** 20 },
    { name: 'an extension message of 64 KiB', id: 20, size: 65_536 },
  ])('$name, leave room for those that are served', async ({ id, size }) => {
    const serving = await startServing()
    const before = connect(serving, '127.0.0.2')
    await greet(before)
    before.send({ type: 'interested' })
    const frame = new Uint8Array(4 + size - 2)
    new DataView(frame.buffer).setUint32(0, size)
    frame[4] = id
    const begin = async (peer: CrowdPeer): Promise<void> => {
      await Promise.race([greet(peer).catch(() => undefined), peer.closed])
      if (!peer.isClosed) await Promise.race([peer.write(frame), peer.closed])
    }
    const addressOf = (index: number) => `127.0.5.${1 + (index % 6)}`
    await connectMany(serving, 550, addressOf, begin)
    await fetchPiece(serving)
    await connectMany(serving, 550, addressOf, begin)
    await fetchPiece(serving)
    expectBounded(serving)
    expect(before.isClosed).toBe(false)
    await interrupt(serving)
  })

  test('a place is given to who comes, by who has wanted nothing for longest', async () => {
    const serving = await startServing()
    const idle = await connectMany(
      serving,
      SEEDER_LIMITS.total,
      (index) => `127.0.6.${1 + (index % 6)}`,
      greet,
    )
    await fetchPiece(serving)
    const [oldest] = idle
    await oldest?.closed
    expect(idle.filter(({ isClosed }) => isClosed)).toStrictEqual([oldest])
    expect(await interrupt(serving)).toMatchObject({ refusedConnections: 0 })
  })
})
