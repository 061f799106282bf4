import { fetchBlock } from 'peerwire'

/** Fetches one block, proves it against the torrent, and returns its bytes. */
export async function fetchVerifiedBlock(
  host: string,
  port: number,
  torrent: string,
  piece: number,
): Promise<Uint8Array> {
  const report = await fetchBlock({ host, port, torrent, piece, length: 16_384, verify: true })
  if (report.data === undefined) throw new Error(report.error?.message)
  return report.data
}
