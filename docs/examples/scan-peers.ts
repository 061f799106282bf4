import { scan, type ScanPeer } from 'peerwire'

/** Returns the peers of a list that have the whole torrent. */
export async function findSeeds(peers: Iterable<ScanPeer>, infoHash: string): Promise<readonly string[]> {
  const seeds: string[] = []
  for await (const report of scan({ peers, infoHash, concurrency: 64 })) {
    if (report.schema !== 'peerwire.connect/1') continue
    if (report.availability?.percent === 100) seeds.push(report.target.input)
  }
  return seeds
}
