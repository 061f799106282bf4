import { randomBytes } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeBencode } from '../../../src/wire/bencode.ts'
import { torrentIdentity } from '../../peers/torrent-identity.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import { emptyFolder } from '../torrents.ts'
import type { World } from '../world.ts'

const PIECE_LENGTH = 4 * 1024 * 1024
const PIECES = 3072

/** A torrent of 12 GiB with a file of that size without contents: it takes a client long to find out that no piece is right. */
export async function largeTorrent(world: World): Promise<TestTorrent> {
  const name = 'large'
  const dataFolder = await emptyFolder(world)
  await writeFile(join(dataFolder, name), '')
  await truncate(join(dataFolder, name), PIECES * PIECE_LENGTH)
  const pieces = new Uint8Array(randomBytes(PIECES * 20))
  const info = { length: PIECES * PIECE_LENGTH, name, 'piece length': PIECE_LENGTH, pieces }
  const torrentBytes = encodeBencode({ info })
  const torrentPath = join(dataFolder, 'large.torrent')
  await writeFile(torrentPath, torrentBytes)
  const shape = { name, files: [{ path: name, length: info.length }], content: new Uint8Array() }
  return {
    ...torrentIdentity(torrentBytes),
    ...shape,
    torrentBytes,
    torrentPath,
    dataFolder,
    pieceLength: PIECE_LENGTH,
    pieceCount: PIECES,
    remove: () => Promise.resolve(),
  }
}
