import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeBencode } from '../../src/wire/bencode.ts'
import type { Endpoint } from './options.ts'

export interface Tracker {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** An HTTP tracker on loopback that answers every announce with one IPv4 peer (BEP 3, compact as in BEP 23). */
export async function startTracker(peer: Endpoint): Promise<Tracker> {
  const compact = Uint8Array.of(...peer.host.split('.').map(Number), peer.port >>> 8, peer.port & 0xff)
  const body = encodeBencode({ interval: 60, peers: compact })
  const server = createServer((_request, response) => response.end(body))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/announce`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
