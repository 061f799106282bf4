import type { Transport } from '../net/transport.ts'
import type { PeerName } from './options.ts'
import type { ServeLog } from './serve-log.ts'
import type { ServePorts } from './serve-options.ts'

/** How long one address may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000

/** Before a peer that could not be reached is tried again, in milliseconds. */
const RETRY_MS = 5000

/**
 * Dials these peers over TCP and hands them on; each again and again until it is reached once, since a client under test may
 * be started after its seeder.
 *
 * @returns ends the dialling
 */
export function dialPeers(
  peers: readonly PeerName[],
  reached: (transport: Transport) => void,
  log: ServeLog,
  ports: Pick<ServePorts, 'dial' | 'resolve' | 'clock'>,
): () => void {
  const stop = new AbortController()
  const cancels = new Map<PeerName, () => void>()
  const dial = async (peer: PeerName): Promise<void> => {
    try {
      const transport = await dialOnce(peer, stop.signal, ports)
      if (stop.signal.aborted) transport.abort()
      else reached(transport)
    } catch (error) {
      if (stop.signal.aborted) return
      const { clock } = ports
      log.dialFailed(peer.input, error, clock.now())
      cancels.set(
        peer,
        clock.schedule(clock.now() + RETRY_MS, () => void dial(peer)),
      )
    }
  }
  for (const peer of peers) void dial(peer)
  return () => {
    stop.abort()
    for (const cancel of cancels.values()) cancel()
  }
}

/** The first address that answers. */
async function dialOnce(
  { host, port }: PeerName,
  signal: AbortSignal,
  { dial, resolve }: Pick<ServePorts, 'dial' | 'resolve'>,
): Promise<Transport> {
  let failure: unknown = new Error(`${host} has no address`)
  for (const { address, family } of await resolve(host, undefined)) {
    try {
      return await dial({ address, family, port }, { timeoutMs: CONNECT_TIMEOUT_MS, signal })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
