import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PEER_ID_PREFIX } from '../../src/wire/peer-id/peer-id.ts'
import {
  generatePeerId,
  listenTcp,
  makeSyntheticTorrent,
  startSeeder,
  type BlockStore,
  type Seeder,
} from '../../src/index.ts'
import { seededRandom } from '../../src/session/faults/table.ts'
import { buildCli, endOf, type BuiltCli } from '../support/processes/cli-process.ts'

const PIECE_LENGTH = 65_536
const PIECE_COUNT = 96
const KILLS = 10

const torrent = makeSyntheticTorrent({
  length: PIECE_COUNT * PIECE_LENGTH - 1234,
  pieceLength: PIECE_LENGTH,
  name: 'content',
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})
/** Pieces that were read for a peer, and who wants to know of each. */
const served = { pieces: new Set<number>(), onRead: () => {} }
const store: BlockStore = {
  read: (piece, begin, length) => {
    served.pieces.add(piece)
    served.onRead()
    return torrent.store.read(piece, begin, length)
  },
  close: () => Promise.resolve(),
}
const world: { cli?: BuiltCli; seeder?: Seeder } = {}

beforeAll(async () => {
  world.cli = await buildCli()
  world.seeder = await startSeeder({
    listen: { address: '127.0.0.1', port: 0, family: 4 },
    torrent: { metainfo: torrent.metainfo, have: 'all', store },
    transports: [listenTcp],
    peerId: generatePeerId(PEER_ID_PREFIX, new Uint8Array(randomBytes(12))),
    random: Math.random,
  })
})

afterAll(async () => {
  await world.seeder?.close()
  await world.cli?.remove()
})

test('killed at ten moments and started again: the file is whole, and no verified piece is fetched twice', async () => {
  const { cli, seeder } = world
  if (cli === undefined || seeder === undefined) throw new Error('not started')
  const random = seededRandom(7)
  const torrentPath = join(cli.folder, 'content.torrent')
  const output = join(cli.folder, 'out')
  await writeFile(torrentPath, torrent.torrentBytes)
  const argv = ['fetch', `127.0.0.1:${seeder.address.port}`, '-t', torrentPath, '-o', output, '-q']

  // something stands there from the start, however little a busy machine gets done before each kill
  expect((await cli.run([...argv, '--pieces', '0-9'])).code).toBe(0)

  let killed = 0
  for (; killed < KILLS; killed++) {
    const before = await verifiedPieces(join(output, 'content'))
    served.pieces.clear()
    const child = cli.start(argv)
    const ended = once(child, 'close')
    // blocks of about a tenth of the torrent, more or less: at no particular place of a piece or of its writing
    let blocks = Math.floor(random() * 60) + 1
    served.onRead = () => {
      if (--blocks === 0) child.kill('SIGKILL')
    }
    await ended
    expect([...served.pieces].filter((piece) => before.has(piece))).toEqual([])
    if (child.signalCode === null) break
  }
  served.onRead = () => {}

  const before = await verifiedPieces(join(output, 'content'))
  served.pieces.clear()
  const { code } = await endOf(cli.start(argv))
  expect(code).toBe(0)
  expect([...served.pieces].filter((piece) => before.has(piece))).toEqual([])
  expect((await verifiedPieces(join(output, 'content'))).size).toBe(PIECE_COUNT)
  expect(killed).toBe(KILLS)
  expect(before.size).toBeGreaterThanOrEqual(10)
})

/** The pieces that stand on disk with the right hash. */
async function verifiedPieces(path: string): Promise<ReadonlySet<number>> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  const hashes = torrent.metainfo.pieceHashes ?? new Uint8Array()
  const verified = new Set<number>()
  for (let piece = 0; piece < PIECE_COUNT; piece++) {
    const hash = createHash('sha1')
      .update(bytes.subarray(piece * PIECE_LENGTH, (piece + 1) * PIECE_LENGTH))
      .digest()
    if (hash.equals(hashes.subarray(piece * 20, piece * 20 + 20))) verified.add(piece)
  }
  return verified
}
