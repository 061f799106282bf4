import { makeEmptyFolder } from '../peers/torrents.ts'
import { startTracker, type Tracker } from '../peers/tracker.ts'
import { writeBenchTorrent, type BenchTorrent } from './download/bench-torrent.ts'
import { renderDownloads, type DownloadCost } from './download/download-table.ts'
import { aria2c, libtorrentClient, type Downloader } from './download/downloaders.ts'
import { turnsOf } from './interleaved.ts'
import { missingMeter } from './measured-process.ts'
import { downloadOnce, isHere } from './download/one-download.ts'
import { missingProcessMeter, watchProcess } from './process-meter.ts'
import type { RatioRecord } from './ratios.ts'
import { REFERENCE_SEEDER, SEEDER_PROGRAMS, type SeederProcess } from './upload-seeders.ts'

export interface UploadOptions {
  readonly megabytes: number
  readonly rounds: number
}

/**
 * The same torrent from each seeder that is here to one client after the other. The seeders run in processes of their own
 * all the while and take turns: in each round every one has one, and each round begins with another one; one round before
 * warms up the caches. Time is the client's, CPU and memory are the seeder's.
 * @throws Error when a client fails, or what it wrote is not what was served
 */
export async function compareUploads(
  { megabytes, rounds }: UploadOptions,
  record: RatioRecord,
): Promise<void> {
  const meter = missingMeter() ?? missingProcessMeter()
  if (meter !== undefined) {
    console.log(`uploads: absent, ${meter}\n`)
    return
  }
  const clients = [libtorrentClient('tcp'), aria2c].filter((client) => isHere(client))
  const folder = await makeEmptyFolder()
  const seeders: Contender[] = []
  try {
    const torrent = await writeBenchTorrent(folder.path, { length: megabytes * 2 ** 20 })
    for (const { name, start } of SEEDER_PROGRAMS.filter((program) => isHere(program))) {
      const process = await start(torrent)
      seeders.push({ name, process, tracker: await startTracker(process) })
    }
    for (const client of clients) {
      const results = await compareTo(client, torrent, seeders, rounds)
      const title = `upload of ${megabytes} MiB to ${client.name}; CPU and peak are the seeder's`
      const past = (name: string, ratio: number) => record.compare(title, name, ratio)
      console.log(renderDownloads(title, results, REFERENCE_SEEDER, past))
    }
  } finally {
    for (const { process, tracker } of seeders) await Promise.all([process.stop(), tracker.stop()])
    await folder.remove()
  }
}

interface Contender {
  readonly name: string
  readonly process: SeederProcess
  /** Names the seeder to who wants a tracker. */
  readonly tracker: Tracker
}

async function compareTo(
  client: Downloader,
  torrent: BenchTorrent,
  seeders: readonly Contender[],
  rounds: number,
) {
  const results = seeders.map(({ name }) => ({ name, costs: [] as DownloadCost[] }))
  for (let round = -1; round < rounds; round++) {
    for (const index of turnsOf(round, seeders.length)) {
      const { process, tracker } = seeders[index] as Contender
      const endWatch = watchProcess(process.pid)
      const { wallMs, transferMs } = await downloadOnce(client, torrent, process, tracker.url)
      if (round >= 0) results[index]?.costs.push({ wallMs, transferMs, ...endWatch() })
    }
  }
  return results
}
