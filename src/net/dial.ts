import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import { loadLookup } from './resolve.ts'
import { dialTcp, warmUpTcp } from './tcp/tcp.ts'
import type { Dial, DialOptions } from './transport.ts'

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
export const dialPeer: Dial = async (to, options) => {
  const { proxy, transport = 'tcp' } = options
  if (proxy !== undefined) {
    if (transport === 'utp') throw new PeerError('E_USAGE', 'uTP does not go through a SOCKS5 proxy')
    const { dialSocks } = await import('./tcp/socks.ts')
    return dialSocks(to, proxy, options)
  }
  if (transport === 'tcp') return dialTcp(to, options)
  const { dialUtp } = await import('./utp/utp.ts')
  return dialUtp(to, options)
}
