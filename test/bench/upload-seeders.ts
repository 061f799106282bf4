import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientProcess } from '../peers/client-process.ts'
import type { Endpoint } from '../peers/options.ts'
import { missingReason, startPeer } from '../peers/peer.ts'
import type { BenchTorrent } from './download/bench-torrent.ts'
import { COMMAND, missingCommand } from './download/downloaders.ts'

/** A seeder in a process of its own, which goes on running from one download to the next. */
export interface SeederProcess extends Endpoint {
  readonly pid: number
  readonly stop: () => Promise<void>
}

export interface SeederProgram {
  readonly name: string
  readonly missingReason: () => string | undefined
  readonly start: (torrent: BenchTorrent) => Promise<SeederProcess>
}

const libtorrentSeeder: SeederProgram = {
  name: 'libtorrent',
  missingReason: () => missingReason('libtorrent'),
  start: ({ torrentBytes, dataFolder }) =>
    startPeer('libtorrent', { torrent: torrentBytes, dataFolder, transport: 'tcp' }),
}

const syntheticSeeder: SeederProgram = {
  name: 'serve --synthetic',
  missingReason: missingCommand,
  start: ({ length }) => startServe(['--synthetic', String(length)]),
}

const diskSeeder: SeederProgram = {
  name: 'serve --data',
  missingReason: missingCommand,
  start: ({ torrentPath, dataFolder }) => startServe(['-t', torrentPath, '--data', dataFolder]),
}

/** What an upload costs in Node when the peer is trusted. */
const floorSeeder: SeederProgram = {
  name: 'floor',
  missingReason: () => undefined,
  async start({ metainfo, dataFolder, fileName }) {
    const { pieceLength, pieceCount } = metainfo
    const work = { file: join(dataFolder, fileName), pieceLength, pieceCount }
    const args = [join(process.cwd(), 'test/bench/floor-upload.mjs'), JSON.stringify(work)]
    return startSeeder('floor', args, /listening on (\d+)/)
  },
}

async function startServe(source: readonly string[]): Promise<SeederProcess> {
  const args = [COMMAND, 'serve', ...source, '--listen', '127.0.0.1:0', '--ndjson']
  return startSeeder('peerwire serve', args, /"type":"listening".*?"address":"127\.0\.0\.1:(\d+)"/)
}

/** @param listening matches where it prints its port */
async function startSeeder(name: string, args: readonly string[], listening: RegExp): Promise<SeederProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-serve-'))
  const process_ = new ClientProcess(name, process.execPath, args, folder)
  const port = await process_.until('its address', async () => {
    const found = listening.exec(process_.log())?.[1]
    return found === undefined ? undefined : Number(found)
  })
  return { host: '127.0.0.1', port, pid: process_.pid, stop: () => process_.stop() }
}

/** What the ratios refer to. */
export const REFERENCE_SEEDER = libtorrentSeeder.name

export const SEEDER_PROGRAMS: readonly SeederProgram[] = [
  libtorrentSeeder,
  syntheticSeeder,
  diskSeeder,
  floorSeeder,
]
