import { PeerError } from '../base/errors.ts'
import { dialTcp } from './tcp/tcp.ts'
import type { Dial } from './transport.ts'

/** Dials over whatever the options name: TCP, uTP, or TCP through a proxy. What is rarely used is loaded when it is. */
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
