import { PeerError } from '../../base/errors.ts'
import type { Transport, TransportEnd } from '../../net/transport.ts'
import { RECONNECT_PAUSE_MS } from '../session/encryption-plan.ts'
import type { PeerName } from '../options.ts'
import type { Connections } from './connections.ts'
import type { ServeLog } from './log.ts'
import type { ServePorts } from './options.ts'
import { pause } from '../until-aborted.ts'

/** How long one address may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000

/** Before a peer that did not stay is tried again, in milliseconds. */
const RETRY_MS = 5000

/** How peers are dialled, and what becomes of them. */
export interface ServeDial extends Pick<ServePorts, 'dial' | 'resolve' | 'clock'> {
  readonly transport: 'tcp' | 'utp'
  readonly connections: Pick<Connections, 'variants' | 'dialled'>
  /** Resolves when the connection has ended. */
  readonly serve: (transport: Transport) => Promise<TransportEnd>
  readonly log: Pick<ServeLog, 'dialFailed'>
}

/**
 * Dials these peers; each again and again while it refuses or hangs up without a byte, since a client under test may be
 * started after its seeder.
 *
 * @returns ends the dialling
 */
export function dialPeers(peers: readonly PeerName[], how: ServeDial): () => void {
  const stop = new AbortController()
  for (const peer of peers) void dialUntilServed(peer, how, stop.signal)
  return () => stop.abort()
}

async function dialUntilServed(peer: PeerName, how: ServeDial, signal: AbortSignal): Promise<void> {
  const { clock, log } = how
  while (!signal.aborted) {
    try {
      if (await dialEachWay(peer, how, signal)) return
    } catch (error) {
      if (signal.aborted) return
      log.dialFailed(peer.input, error, clock.now())
    }
    await pause(RETRY_MS, { clock, signal }).catch(() => undefined)
  }
}

/**
 * With encryption or without, then the other way: where encryption did not stand, and where the peer hung up on plaintext
 * without a byte, as one does that wants encryption.
 *
 * @returns false when it hung up without a byte
 */
async function dialEachWay(peer: PeerName, how: ServeDial, signal: AbortSignal): Promise<boolean> {
  const { connections, serve, clock } = how
  let failure: unknown
  for (const [index, variant] of connections.variants.entries()) {
    if (index > 0) await pause(RECONNECT_PAUSE_MS, { clock, signal })
    const dialled = await dialOnce(peer, how, signal)
    try {
      const transport = await connections.dialled(dialled, variant, signal)
      const end = await serve(transport)
      if (end.by === 'us' || transport.bytesReceived > 0) return true
      failure = undefined
    } catch (error) {
      if (!(error instanceof PeerError) || error.code !== 'E_ENCRYPTION_FAILED') throw error
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  return false
}

/** The first address that accepts. */
async function dialOnce(
  { host, port }: PeerName,
  { dial, resolve, transport }: ServeDial,
  signal: AbortSignal,
): Promise<Transport> {
  let failure: unknown = new Error(`${host} has no address`)
  for (const { address, family } of await resolve(host, undefined)) {
    try {
      const dialled = await dial(
        { address, family, port },
        { timeoutMs: CONNECT_TIMEOUT_MS, signal, transport },
      )
      if (!signal.aborted) return dialled
      dialled.abort()
      signal.throwIfAborted()
    } catch (error) {
      signal.throwIfAborted()
      failure = error
    }
  }
  throw failure
}
