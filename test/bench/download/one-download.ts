import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Endpoint } from '../../peers/options.ts'
import { reservePort } from '../../peers/ports.ts'
import { makeEmptyFolder } from '../../peers/torrents.ts'
import { checkDownload, type BenchTorrent } from './bench-torrent.ts'
import type { DownloadCost } from './download-table.ts'
import type { Downloader } from './downloaders.ts'
import { watchLoopback } from './loopback-meter.ts'
import { measureProcess } from '../measured-process.ts'

/**
 * Downloads the torrent once, to a folder that is gone afterwards, and compares what was written.
 * @param trackerUrl of a tracker that names `from`
 * @throws Error when the client fails, or what it wrote is not the torrent
 */
export async function downloadOnce(
  client: Downloader,
  torrent: BenchTorrent,
  from: Endpoint,
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
    await checkDownload(client.name, torrent, folder)
    return { ...cost, transferMs }
  } finally {
    await home.remove()
    port.release()
  }
}

/** Whether a contender can run here; who cannot is named. */
export function isHere({ name, missingReason }: Pick<Downloader, 'name' | 'missingReason'>): boolean {
  const reason = missingReason()
  if (reason !== undefined) console.log(`${name}: absent, ${reason}`)
  return reason === undefined
}
