import { fetchTorrent } from 'peerwire'

/** Downloads a torrent from one peer below a folder. An aborted download continues where it stopped. */
export async function download(
  host: string,
  port: number,
  torrent: string,
  output: string,
  signal: AbortSignal,
): Promise<boolean> {
  const report = await fetchTorrent({ host, port, torrent, output, signal })
  return report.ok
}
