import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../../../src/base/bytes.ts'
import { decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import { libtorrent, PYTHON } from '../../peers/clients/libtorrent.ts'
import { webtorrent } from '../../peers/clients/webtorrent.ts'
import type { Endpoint } from '../../peers/options.ts'
import { missingProgram } from '../../peers/programs.ts'
import { libtorrentSeeder, type SeederKind, syntheticSeeder } from './download-seeders.ts'

export interface Download {
  readonly torrentPath: string
  /** Where the torrent's file goes. */
  readonly folder: string
  readonly from: Endpoint
  /** Of a tracker that names `from`. */
  readonly trackerUrl: string
  /** A free one, for who wants to listen. */
  readonly port: number
}

/** A client that downloads a torrent whole from one peer, verified, and then ends by itself. */
export interface Downloader {
  readonly name: string
  readonly missingReason: () => string | undefined
  readonly command: (download: Download) => readonly [program: string, ...args: string[]]
}

const ROOT = process.cwd()

/** The command as it is run from a checkout. */
export const COMMAND = join(ROOT, 'bin/peerwire.cjs')

/** Why it cannot be run, or undefined. */
export function missingCommand(): string | undefined {
  return existsSync(join(ROOT, 'dist/command/main.cjs'))
    ? undefined
    : 'the command is not built (npm run build)'
}

const peerwire = (transport: 'tcp' | 'utp'): Downloader => ({
  name: 'peerwire fetch',
  missingReason: missingCommand,
  command: ({ torrentPath, folder, from }) => [
    process.execPath,
    COMMAND,
    'fetch',
    `${from.host}:${from.port}`,
    ...['-t', torrentPath, '-o', folder, '--transport', transport, '--quiet'],
  ],
})

export const aria2c: Downloader = {
  name: 'aria2c',
  missingReason: () => missingProgram('aria2c'),
  command: ({ torrentPath, folder, trackerUrl, port }) => [
    'aria2c',
    '--no-conf',
    '--quiet',
    '--seed-time=0',
    `--bt-tracker=${trackerUrl}`,
    `--listen-port=${port}`,
    '--interface=127.0.0.1',
    '--disable-ipv6=true',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    // by default it writes zeros first
    '--file-allocation=none',
    `--dir=${folder}`,
    torrentPath,
  ],
}

export const libtorrentClient = (transport: 'tcp' | 'utp'): Downloader => ({
  name: 'libtorrent',
  missingReason: () => libtorrent.missingReason(),
  command: ({ torrentPath, folder, from: { host, port } }) => [
    PYTHON,
    join(ROOT, 'test/bench/download/libtorrent_download.py'),
    JSON.stringify({ torrent: torrentPath, folder, host, port, transport }),
  ],
})

const webtorrentClient: Downloader = {
  name: 'webtorrent',
  missingReason: () => webtorrent.missingReason(),
  command: ({ torrentPath, folder, from, port }) => [
    process.execPath,
    '--import',
    join(ROOT, 'test/peers/webtorrent/register.mjs'),
    join(ROOT, 'test/peers/webtorrent/peer.mjs'),
    JSON.stringify({
      torrent: torrentPath,
      dataFolder: folder,
      host: '127.0.0.1',
      port,
      connectTo: { host: from.host, port: from.port },
      endsWhenDone: true,
    }),
  ],
}

/** What a download costs in Node when nothing is checked but the hashes. */
const floor = (program: 'floor-download.mjs' | 'floor-utp-download.mjs'): Downloader => ({
  name: 'floor',
  missingReason: () => undefined,
  command: ({ torrentPath, folder, from: { host, port } }) => {
    const { infoHashes, name, totalLength, pieceLength, pieceHashes } = decodeMetainfo(
      readFileSync(torrentPath),
    )
    const work = {
      ...{
        host,
        port,
        pieceLength,
        length: totalLength,
        infoHash: toHex(infoHashes.v1 ?? new Uint8Array(0)),
      },
      file: join(folder, new TextDecoder().decode(name)),
      hashes: toHex(pieceHashes ?? new Uint8Array(0)),
    }
    return [process.execPath, join(ROOT, 'test/bench/download', program), JSON.stringify(work)]
  },
})

/** Who is compared with whom over one transport. */
export interface DownloadContest {
  readonly title: string
  readonly clients: readonly Downloader[]
  /** Name of the client that the ratios refer to. */
  readonly reference: string
  readonly seeders: readonly SeederKind[]
}

export const TCP_CONTEST: DownloadContest = {
  title: 'download',
  clients: [peerwire('tcp'), floor('floor-download.mjs'), aria2c, libtorrentClient('tcp'), webtorrentClient],
  reference: aria2c.name,
  seeders: [libtorrentSeeder('tcp'), syntheticSeeder],
}

/** Of the clients here, only libtorrent can be made to dial over uTP alone. */
export const UTP_CONTEST: DownloadContest = {
  title: 'download over uTP',
  clients: [peerwire('utp'), floor('floor-utp-download.mjs'), libtorrentClient('utp')],
  reference: 'libtorrent',
  seeders: [libtorrentSeeder('utp')],
}
