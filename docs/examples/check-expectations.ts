import { checkExpectations, connect } from 'peerwire'

/** Checks that a peer is a complete seed and has the fast extension; returns what does not hold. */
export async function checkSeed(host: string, port: number, torrent: string): Promise<readonly string[]> {
  const report = checkExpectations(await connect({ host, port, torrent }), [
    'exitCode=0',
    'availability.percent=100',
    'handshake.features~fast',
  ])
  return report.expectations.filter(({ held }) => !held).map(({ expression }) => expression)
}
