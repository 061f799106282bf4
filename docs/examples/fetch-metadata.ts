import { metadata } from 'peerwire'

/** Fetches the metadata that a magnet link names from the peer that it names (`x.pe`), and returns a .torrent. */
export async function torrentOfMagnet(link: string): Promise<Uint8Array | undefined> {
  const report = await metadata({ infoHash: link, output: '-' })
  return report.data
}
