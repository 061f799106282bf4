import { PeerError } from '../base/errors.ts'
import { systemResolve } from './resolve.ts'
import { dialTcp } from './tcp/tcp.ts'
import type { Transport } from './transport.ts'

/** A peer by name or literal address. */
export interface PeerAddress {
  readonly host: string
  readonly port: number
}

/**
 * Dials the addresses of a host over TCP in turn, and uses the first that accepts.
 *
 * @param timeoutMs for each address
 * @throws PeerError E_NAME_NOT_FOUND, E_CONNECT_..., of the first address that failed; or the signal's reason
 */
export async function dialHost(
  { host, port }: PeerAddress,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  let failure: unknown
  for (const resolved of await systemResolve(host, undefined)) {
    try {
      return await dialTcp({ ...resolved, port }, { timeoutMs, signal })
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof PeerError) || error.code === 'E_INTERNAL') throw error
      failure ??= error
    }
  }
  throw failure
}
