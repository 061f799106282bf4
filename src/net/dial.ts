import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import { loadLookup } from './resolve.ts'
import { dialTcp, warmUpTcp } from './tcp/tcp.ts'
import type { Dial, DialOptions, Endpoint, Proxy, Transport } from './transport.ts'

/**
 * Loads the modules for this kind of dialling in advance, so that loading does not count toward the time of a lookup or of a
 * connection.
 * @param host not looked up here
 */
export async function prepareDial({
  host,
  transport = 'tcp',
  proxy,
}: Pick<DialOptions, 'transport' | 'proxy'> & { readonly host: string }): Promise<void> {
  if (proxy === undefined && isIP(host) === 0) await loadLookup()
  if (transport === 'tcp') warmUpTcp()
  else await import('./utp/utp.ts')
  if (proxy !== undefined) await import('./tcp/socks.ts')
}

/** Dials over TCP, uTP, or TCP through a proxy, as the options say. Rarely used modules are loaded on demand. */
export const dialPeer: Dial = (to, options) => {
  const { proxy, transport = 'tcp' } = options
  if (proxy !== undefined) return dialProxy(to, proxy, options)
  return transport === 'tcp' ? dialTcp(to, options) : dialUtp(to, options)
}

async function dialProxy(to: Endpoint, proxy: Proxy, options: DialOptions): Promise<Transport> {
  if (options.transport === 'utp') throw new PeerError('E_USAGE', 'uTP does not go through a SOCKS5 proxy')
  const { dialSocks } = await import('./tcp/socks.ts')
  return dialSocks(to, proxy, options)
}

const dialUtp: Dial = async (to, options) => {
  const { dialUtp: dial } = await import('./utp/utp.ts')
  return dial(to, options)
}
