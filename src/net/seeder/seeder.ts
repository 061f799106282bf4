import type { SeederOptions } from './options.ts'
import { Swarm } from './swarm.ts'
import type { Endpoint, Listener, Transport, TransportEnd } from '../transport.ts'

/** A seeder that listens. */
export interface Seeder {
  readonly address: Endpoint
  /**
   * Serves a peer that we dialled. The transport must not be started; the seeder closes it.
   * @param handshakeIsSent whether the peer got `handshakeFor` inside the encryption handshake; default false
   * @returns how the connection ended; closed by us immediately if there are too many
   */
  serve(transport: Transport, handshakeIsSent?: boolean): Promise<TransportEnd>
  /** The first 68 bytes that a dialled peer gets. */
  handshakeFor(remote: Endpoint): Uint8Array
  /** Stops listening and closes all connections, gracefully or immediately. The store stays open. */
  close(how?: 'end' | 'abort'): Promise<void>
}

/**
 * Serves one torrent to every peer that connects: answers handshakes, unchokes in rounds, and sends blocks, metadata and hashes.
 * @throws PeerError E_BIND
 */
export async function startSeeder(options: SeederOptions): Promise<Seeder> {
  const swarm = new Swarm(options)
  const { listeners, address } = await listenOnOnePort(options, (transport) =>
    swarm.take(transport, { role: 'acceptor' }),
  )
  return {
    address,
    serve: (transport, handshakeIsSent = false) =>
      new Promise((onClosed) => swarm.take(transport, { role: 'initiator', handshakeIsSent, onClosed })),
    handshakeFor: (remote) => swarm.handshakeFor(remote),
    close: async (how = 'end') => {
      const stopped = listeners.map((listener) => listener.close())
      await swarm.close(how)
      await Promise.all(stopped)
    },
  }
}

/** A port that is free for one transport may be in use for the next. Another one is tried if any port is allowed. */
async function listenOnOnePort(
  { listen: wanted, transports }: SeederOptions,
  accepted: (transport: Transport) => void,
): Promise<{ readonly listeners: readonly Listener[]; readonly address: Endpoint }> {
  for (let attempt = 1; ; attempt++) {
    const listeners: Listener[] = []
    let address = wanted
    try {
      for (const listen of transports) {
        const listener = await listen(address, accepted)
        listeners.push(listener)
        address = listener.address
      }
      return { listeners, address }
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()))
      if (wanted.port !== 0 || listeners.length === 0 || attempt === MAX_PORTS_TRIED) throw error
    }
  }
}

const MAX_PORTS_TRIED = 10
