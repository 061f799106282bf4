import { why } from 'peerwire'

/** Finds out why a peer does not serve a torrent: what is certain or likely, the likeliest first, each with what to do. */
export async function findCause(host: string, port: number, infoHash: string): Promise<string[]> {
  const report = await why({ host, port, infoHash, progress: ({ number, reason }) => log(number, reason) })
  return report.causes.map(({ confidence, text, advice }) => `${confidence}: ${text} Try: ${advice}`)
}

function log(number: number, reason: string): void {
  process.stderr.write(`connection ${number}: ${reason}\n`)
}
