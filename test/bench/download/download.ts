import { makeEmptyFolder } from '../../peers/torrents.ts'
import { startTracker } from '../../peers/tracker.ts'
import { writeBenchTorrent, type BenchTorrent } from './bench-torrent.ts'
import type { RunningSeeder } from './download-seeders.ts'
import { renderDownloads, type DownloadCost, type DownloadResult } from './download-table.ts'
import type { DownloadContest, Downloader } from './downloaders.ts'
import { turnsOf } from '../interleaved.ts'
import { missingMeter } from '../measured-process.ts'
import { downloadOnce, isHere } from './one-download.ts'
import type { RatioRecord } from '../ratios.ts'

export interface DownloadOptions {
  readonly megabytes: number
  /** In KiB, a power of two. */
  readonly pieceKibibytes: number
  readonly rounds: number
}

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
  record: RatioRecord,
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
    const torrent = await writeBenchTorrent(folder.path, {
      length: options.megabytes * 2 ** 20,
      pieceLength: options.pieceKibibytes * 2 ** 10,
    })
    for (const kind of contest.seeders.filter((seeder) => isHere(seeder))) {
      const seeder = await kind.start(torrent)
      try {
        const results = await compareFrom(seeder, torrent, clients, options.rounds)
        const title = `${contest.title} of ${options.megabytes} MiB, pieces of ${options.pieceKibibytes} KiB, ${kind.name}`
        const past = (name: string, ratio: number) => record.compare(title, name, ratio)
        console.log(renderDownloads(title, results, contest.reference, past))
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
