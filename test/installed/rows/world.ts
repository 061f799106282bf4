import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concat, encodeUtf8, toHex } from '../../../src/base/bytes.ts'
import type { SeederEvent } from '../../../src/net/seeder/options.ts'
import { startSeeder } from '../../../src/net/seeder/seeder.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import { makeSyntheticTorrent } from '../../../src/session/upload/synthetic-torrent.ts'
import { badPeer, filteredPort } from '../../support/peers/bad-peers.ts'
import { buildCli, endOf, type BuiltCli } from '../../support/processes/cli-process.ts'
import { makeV2Torrent } from '../../support/torrents/made-v2-torrent.ts'
import { startSeeder as startScripted } from '../../support/peers/scripted-seeder.ts'
import { startSocksServer, type SocksServer } from '../../support/transports/socks-server.ts'

/** What stands in command lines. Peers are HOST:PORT, all on loopback. */
export interface Places {
  /** Empty at first. */
  readonly folder: string
  /** A v1 torrent of 8 pieces of 32 KiB, and the folder that holds its data. */
  readonly torrent: string
  readonly data: string
  readonly hash: string
  /** A hybrid torrent of one piece. */
  readonly hybrid: string
  /** Serves the torrent over TCP in plaintext. */
  readonly seeder: string
  readonly seederV6: string
  /** The installed command, serving the torrent over TCP and uTP, with MSE and without. */
  readonly server: string
  /** The same over uTP only. */
  readonly utpServer: string
  readonly hybridServer: string
  /** The installed command, serving the torrent with damaged metadata. */
  readonly damagedServer: string
  /** Drops every attempt to connect. */
  readonly filtered: string
  /** Accepts and says nothing. */
  readonly silent: string
  /** Unchokes nobody. */
  readonly choking: string
  /** Answers no request, and no extension handshake either. */
  readonly stalling: string
  /** SOCKS5 proxies as HOST:PORT: without a login, and for user:secret. They know the seeder as peer.invalid. */
  readonly proxy: string
  readonly loginProxy: string
  readonly seederPort: string
}

export interface World {
  readonly places: Places
  readonly cli: BuiltCli
  readonly content: Uint8Array
  /** What the seeder has seen since the last row. */
  readonly seen: SeederEvent[]
  readonly proxies: readonly SocksServer[]
  close(): Promise<void>
}

const LENGTH = 8 * 32_768

export async function makeWorld(): Promise<World> {
  const cli = await buildCli()
  const closing: (() => unknown)[] = [cli.remove]
  const keep = <T extends { stop(): unknown }>(started: T): T => {
    closing.push(() => started.stop())
    return started
  }
  const folder = join(cli.folder, 'written')
  await mkdir(folder)

  const { metainfo, store, torrentBytes } = makeSyntheticTorrent({
    length: LENGTH,
    pieceLength: 32_768,
    sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  })
  const content = await store.read(0, 0, LENGTH)
  const torrent = join(cli.folder, 'v1.torrent')
  await writeFile(torrent, torrentBytes)
  const data = join(cli.folder, 'data')
  await mkdir(data)
  await writeFile(join(data, new TextDecoder().decode(metainfo.name)), content)
  const hybrid = makeV2Torrent({ length: 60_000, pieceLength: 65_536, hybrid: true })
  const hybridPath = join(cli.folder, 'hybrid.torrent')
  const layers = encodeUtf8('12:piece layersdee')
  await writeFile(hybridPath, concat([encodeUtf8('d4:info'), hybrid.metainfo.infoBytes, layers]))
  await writeFile(join(data, 'content'), hybrid.content)

  const seen: SeederEvent[] = []
  const seedAt = async (address: '127.0.0.1' | '::1') => {
    const seeder = await startSeeder({
      listen: { address, port: 0, family: address === '::1' ? 6 : 4 },
      torrent: { metainfo, store, have: 'all' },
      transports: [listenTcp],
      peerId: encodeUtf8('-XX0100-abcdefghijkl'),
      random: Math.random,
      onEvent: (event) => seen.push(event),
    })
    closing.push(() => seeder.close('abort'))
    return seeder.address.port
  }
  const serveAt = async (path: string, ...flags: readonly string[]): Promise<string> => {
    const where = ['--data', data, '--listen', '127.0.0.1:0']
    const child = cli.start(['serve', '-t', path, ...where, '--text', ...flags])
    const ended = endOf(child)
    closing.push(() => child.kill('SIGKILL') && ended)
    return servedAddress(((await once(child.stdout, 'data')) as [Buffer])[0].toString())
  }
  const scripted = { metainfo, content }
  const port = await seedAt('127.0.0.1')
  const names = { 'peer.invalid': '127.0.0.1' }
  const proxies = [
    await startSocksServer({ names }),
    await startSocksServer({ names, credentials: { username: 'user', password: 'secret' } }),
  ]
  closing.push(...proxies.map((proxy) => () => proxy.close()))
  const [open, login] = proxies.map((proxy) => `127.0.0.1:${proxy.port}`)
  const choking = keep(await startScripted(scripted, { onInterested: () => undefined }))
  const stalling = keep(await startScripted(scripted, { onRequest: () => undefined, offersMetadata: false }))
  return {
    cli,
    content,
    seen,
    proxies,
    places: {
      folder,
      torrent,
      data,
      hash: toHex(metainfo.infoHashes.v1 ?? new Uint8Array()),
      hybrid: hybridPath,
      seeder: `127.0.0.1:${port}`,
      seederPort: String(port),
      seederV6: `[::1]:${await seedAt('::1')}`,
      server: await serveAt(torrent),
      utpServer: await serveAt(torrent, '--transport', 'utp'),
      hybridServer: await serveAt(hybridPath),
      damagedServer: await serveAt(torrent, '--fault', 'metadata-corrupt'),
      filtered: keep(await filteredPort()).address,
      silent: keep(await badPeer(() => undefined)).address,
      choking: `${choking.host}:${choking.port}`,
      stalling: `${stalling.host}:${stalling.port}`,
      proxy: open ?? '',
      loginProxy: login ?? '',
    },
    close: async () => {
      for (const close of closing.reverse()) await close()
    },
  }
}

/** Where a `serve` listens, by the first that it prints, in any format. */
export function servedAddress(printed: string): string {
  const address = /127\.0\.0\.1:\d+/.exec(printed)?.[0]
  if (address === undefined) throw new Error(`serve prints no address: ${printed}`)
  return address
}
