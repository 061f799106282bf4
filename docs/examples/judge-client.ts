import { fetchTorrent, serve } from 'peerwire'
import { expect, test } from 'vitest'

/** Starts the client under test and waits until it has the torrent. Here peerwire itself takes its place. */
async function runClient(port: number, infoHash: string): Promise<void> {
  await fetchTorrent({ host: '127.0.0.1', port, infoHash, sample: 4 })
}

test('the client downloads without a protocol violation', async () => {
  const report = await serve({
    synthetic: 1024 * 1024, // a torrent of 1 MiB, the same in every run
    listen: { port: 0 },
    strict: true,
    once: true,
    onEvent: (event) => {
      if (event.type !== 'listening') return
      const port = Number(event.address.split(':').at(-1))
      void runClient(port, event.torrent.infoHashV1 ?? '')
    },
  })
  expect(report.peers.flatMap(({ violations }) => violations)).toEqual([])
  expect(report.uploaded).toBeGreaterThan(0)
})
