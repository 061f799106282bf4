import { cp, mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeBencode } from '../../src/wire/bencode.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { decodeBencodeDictionary } from '../../src/wire/bencode.ts'
import { torrentIdentity } from '../peers/torrent-identity.ts'
import type { TestTorrent } from '../peers/torrents.ts'
import type { World } from './world.ts'

/** Certificate of an authority that nobody has the key of. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUdl//DqG9pULYzPfwAMbSpaRvyjQwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTcGVlcndpcmUgbGFib3JhdG9yeTAgFw0yNjExMjgxOTAwMjRa
GA8yMTI2MTEwNDE5MDAyNFowHjEcMBoGA1UEAwwTcGVlcndpcmUgbGFib3JhdG9y
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPoiljkVZIDokLLv7A2q6qRtsHJn
6DyK5poKxCO8nshjX39zRx9R6oCuYyKbkWfose6SsUcauv8Pv4lLzBFMSHejUzBR
MB0GA1UdDgQWBBQ6K7NZkQwsRKicW6FmrPS5YOeyxjAfBgNVHSMEGDAWgBQ6K7NZ
kQwsRKicW6FmrPS5YOeyxjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gA
MEUCIDY5JrSPh9fSr4ApQ5o/ueBGGHT+R/RXk0LN6IzPoxAzAiEAnb0UNw1JixIp
zxghvUvKrqEUZIpnhoLJpyeXMLIlCks=
-----END CERTIFICATE-----
`

/** The torrent with a certificate in it, which makes it an SSL torrent for libtorrent. */
export async function sslTorrent(world: World, torrent: TestTorrent): Promise<TestTorrent> {
  const decoded = decodeBencodeDictionary(decodeMetainfo(torrent.torrentBytes).infoBytes)
  if (!decoded.ok) throw new Error('the torrent cannot be read')
  const info = new Map([...decoded.value, ['ssl-cert', new TextEncoder().encode(CERTIFICATE)] as const])
  const torrentBytes = encodeBencode({ info })
  const torrentPath = join(world.folder, 'ssl.torrent')
  await writeFile(torrentPath, torrentBytes)
  return { ...torrent, ...torrentIdentity(torrentBytes), torrentBytes, torrentPath }
}

/** An empty folder. */
export function emptyFolder(world: World): Promise<string> {
  return mkdtemp(join(world.folder, 'data-'))
}

/** A folder with the data of the torrent. */
export async function dataCopy(world: World, torrent: TestTorrent): Promise<string> {
  const folder = await emptyFolder(world)
  await cp(torrent.dataFolder, folder, { recursive: true })
  return folder
}

/** A folder in which the first half of the pieces is right, and the rest is missing. */
export async function halfTheData(world: World, torrent: TestTorrent): Promise<string> {
  const folder = await dataCopy(world, torrent)
  const half = Math.floor(torrent.pieceCount / 2) * torrent.pieceLength
  await truncate(join(folder, torrent.name), half)
  return folder
}

/** A folder in which every piece has one wrong byte. */
export async function damagedData(world: World, torrent: TestTorrent): Promise<string> {
  const folder = await dataCopy(world, torrent)
  await damage(torrent, folder)
  return folder
}

/** Changes one byte of every piece. */
export async function damage({ name, pieceLength }: TestTorrent, folder: string): Promise<void> {
  const path = join(folder, name)
  const content = await readFile(path)
  for (let at = 100; at < content.length; at += pieceLength) content[at] = (content[at] ?? 0) ^ 0xff
  await writeFile(path, content)
}
