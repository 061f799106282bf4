import { createHash } from 'node:crypto'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSyntheticTorrent } from '../../src/session/synthetic-torrent.ts'
import { pieceLengthAt } from '../../src/wire/piece-layout.ts'
import { reservePort } from '../peers/ports.ts'
import { makeEmptyFolder } from '../peers/torrents.ts'
import { startTracker } from '../peers/tracker.ts'
import type { BenchTorrent, RunningSeeder } from './download-seeders.ts'
import { renderDownloads, type DownloadCost, type DownloadResult } from './download-table.ts'
import type { DownloadContest, Downloader } from './downloaders.ts'
import { turnsOf } from './interleaved.ts'
import { watchLoopback } from './loopback-meter.ts'
import { measureProcess, missingMeter } from './measured-process.ts'

export interface DownloadOptions {
  readonly megabytes: number
  /** In KiB, a power of two. */
  readonly pieceKibibytes: number
  readonly rounds: number
}

const FILE_NAME = 'bench.bin'

/** One seeder, and what each client that is here made of it. */
export interface DownloadSection {
  readonly seeder: string
  readonly results: readonly DownloadResult[]
}

/**
 * One torrent from one peer to disk, by each client that is here in a process of its own, and from each seeder. In
 * each round every client has one turn, and each round begins with another one; one round before warms up the caches.
 * @throws Error when a client fails, or what it wrote is not what was served
 */
export async function compareDownloads(
  contest: DownloadContest,
  options: DownloadOptions,
): Promise<readonly DownloadSection[]> {
  const meter = missingMeter()
  if (meter !== undefined) {
    console.log(`${contest.title}: absent, ${meter}\n`)
    return []
  }
  const clients = contest.clients.filter((client) => isHere(client))
  const folder = await makeEmptyFolder()
  const sections: DownloadSection[] = []
  try {
    const torrent = await writeTorrent(folder.path, options)
    for (const kind of contest.seeders.filter((seeder) => isHere(seeder))) {
      const seeder = await kind.start(torrent)
      try {
        const results = await compareFrom(seeder, torrent, clients, options.rounds)
        const title = `${contest.title} of ${options.megabytes} MiB, pieces of ${options.pieceKibibytes} KiB, ${kind.name}`
        console.log(renderDownloads(title, results, contest.reference))
        sections.push({ seeder: kind.name, results })
      } finally {
        await seeder.stop()
      }
    }
  } finally {
    await folder.remove()
  }
  return sections
}

function isHere({ name, missingReason }: Pick<Downloader, 'name' | 'missingReason'>): boolean {
  const reason = missingReason()
  if (reason !== undefined) console.log(`${name}: absent, ${reason}`)
  return reason === undefined
}

async function writeTorrent(folder: string, options: DownloadOptions): Promise<BenchTorrent> {
  const length = options.megabytes * 2 ** 20
  const made = makeSyntheticTorrent({
    name: FILE_NAME,
    length,
    pieceLength: options.pieceKibibytes * 2 ** 10,
    sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  })
  const torrentPath = join(folder, 'bench.torrent')
  await writeFile(torrentPath, made.torrentBytes)
  const dataFolder = join(folder, 'data')
  await mkdir(dataFolder)
  const torrent: BenchTorrent = { ...made, length, torrentPath, dataFolder }
  const file = await open(join(dataFolder, FILE_NAME), 'w')
  try {
    for (const piece of pieces(torrent)) await file.write(await piece.bytes(), 0, piece.length, piece.offset)
  } finally {
    await file.close()
  }
  return torrent
}

async function compareFrom(
  seeder: RunningSeeder,
  torrent: BenchTorrent,
  clients: readonly Downloader[],
  rounds: number,
): Promise<readonly DownloadResult[]> {
  const tracker = await startTracker(seeder)
  const results = clients.map(({ name }) => ({ name, costs: [] as DownloadCost[] }))
  try {
    for (let round = -1; round < rounds; round++) {
      for (const index of turnsOf(round, clients.length)) {
        const cost = await downloadOnce(clients[index] as Downloader, torrent, seeder, tracker.url)
        if (round >= 0) results[index]?.costs.push(cost)
      }
    }
  } finally {
    await tracker.stop()
  }
  return results
}

async function downloadOnce(
  client: Downloader,
  torrent: BenchTorrent,
  from: RunningSeeder,
  trackerUrl: string,
): Promise<DownloadCost> {
  const port = await reservePort('127.0.0.1')
  const home = await makeEmptyFolder()
  try {
    const folder = join(home.path, 'files')
    await mkdir(folder)
    const { torrentPath } = torrent
    const [program, ...args] = client.command({ torrentPath, folder, from, trackerUrl, port: port.port })
    const endWatch = watchLoopback(torrent.length)
    let transferMs = Number.NaN
    const cost = await measureProcess(program, args, home.path).finally(() => (transferMs = endWatch()))
    await checkFile(client.name, torrent, folder)
    return { ...cost, transferMs }
  } finally {
    await home.remove()
    port.release()
  }
}

/** Who ends before all is written and right did less work than the others. */
async function checkFile(name: string, torrent: BenchTorrent, folder: string): Promise<void> {
  const path = join(folder, FILE_NAME)
  const { size } = await stat(path)
  const file = await open(path)
  try {
    for (const piece of pieces(torrent)) {
      const found = Buffer.alloc(piece.length)
      await file.read(found, 0, piece.length, piece.offset)
      if (size !== torrent.length || !found.equals(await piece.bytes()))
        throw new Error(`${name} wrote something else at ${piece.offset}`)
    }
  } finally {
    await file.close()
  }
}

function* pieces({ metainfo, store }: BenchTorrent) {
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const length = pieceLengthAt(metainfo, piece)
    yield { offset: piece * metainfo.pieceLength, length, bytes: () => store.read(piece, 0, length) }
  }
}
