import { PeerError } from '../base/errors.ts'
import { dialSocks } from './socks.ts'
import { dialTcp } from './tcp.ts'
import type { Dial } from './transport.ts'
import { dialUtp } from './utp.ts'

/** Dials over whatever the options name: TCP, uTP, or TCP through a proxy. */
export const dialPeer: Dial = async (to, options) => {
  const { proxy, transport = 'tcp' } = options
  if (proxy === undefined) return transport === 'utp' ? dialUtp(to, options) : dialTcp(to, options)
  if (transport === 'tcp') return dialSocks(to, proxy, options)
  throw new PeerError('E_USAGE', 'uTP does not go through a SOCKS5 proxy', {
    hint: 'use --transport tcp with --proxy',
  })
}
