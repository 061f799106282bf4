import type { Socket } from 'node:net'
import { SocksClient, SocksClientError } from 'socks'
import { concat } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { familyOf } from '../address-family.ts'
import { systemClock } from '../clock.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { connectSocket } from './tcp.ts'
import { TcpTransport } from './transport.ts'
import type { DialOptions, Endpoint, Proxy, Transport } from '../transport.ts'

/** The library's own timer does not know when this process did not run. Node's longest. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Opens a TCP connection through a SOCKS5 proxy. A host name is passed on for the proxy to resolve; nothing here asks
 * for it. Byte counts of the result begin behind the proxy's own handshake.
 * @throws PeerError E_PROXY_FAILED with the reason that the proxy gave, E_BIND, or the signal's reason
 * @see https://www.rfc-editor.org/rfc/rfc1928
 */
export async function dialSocks(
  to: Pick<Endpoint, 'address' | 'port'>,
  proxy: Proxy,
  options: DialOptions,
): Promise<Transport> {
  const deadline = systemClock.now() + options.timeoutMs
  const socket = await connectProxy(proxy, options)
  // the library takes its own listener off again; an unheard error would end the process
  socket.on('error', () => {})
  const { signal } = options
  const abort = () => socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    // it may have come before anybody listened
    signal?.throwIfAborted()
    const early = await negotiate(socket, to, proxy, deadline)
    const before = { sent: socket.bytesWritten, received: socket.bytesRead - early.length }
    if (early.length > 0) socket.unshift(early)
    const remote = { address: to.address, port: to.port, family: familyOf(to.address) } as const
    return new TcpTransport(socket, { remote, before })
  } catch (cause) {
    socket.destroy()
    signal?.throwIfAborted()
    // anything else is a bug, for which the proxy is not to blame
    throw cause instanceof SocksClientError ? refused(proxy, to, cause.message) : cause
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

async function connectProxy(proxy: Proxy, options: DialOptions): Promise<Socket> {
  try {
    return await connectSocket(
      { address: proxy.host, port: proxy.port },
      { ...options, onConnected: undefined },
    )
  } catch (error) {
    // only what the network reports is about the proxy
    if (!(error instanceof PeerError) || error.blame === 'local') throw error
    throw new PeerError('E_PROXY_FAILED', `the proxy is not reached: ${error.message}`, {
      phase: 'proxy',
      hint: 'check the address of --proxy, and that it runs',
      cause: error.cause,
    })
  }
}

/**
 * Asks the proxy for the connection.
 * @returns what the peer has sent already
 */
async function negotiate(
  socket: Socket,
  to: Pick<Endpoint, 'address' | 'port'>,
  proxy: Proxy,
  deadline: number,
): Promise<Uint8Array> {
  const { host, port, username, password } = proxy
  const client = new SocksClient({
    command: 'connect',
    destination: { host: to.address, port: to.port },
    timeout: NO_TIMEOUT_MS,
    proxy: {
      host,
      port,
      type: 5,
      ...(username === undefined ? {} : { userId: username }),
      ...(password === undefined ? {} : { password }),
    },
  })
  return new Promise((resolve, reject) => {
    const early: Uint8Array[] = []
    const cancel = systemClock.schedule(deadline, () => reject(refused(proxy, to, 'timed out')))
    client.once('error', (error: Error) => {
      cancel()
      reject(error)
    })
    client.once('established', () => {
      cancel()
      // the library emits what came behind the proxy's answer, and lets the socket flow, one turn later
      const keep = (bytes: Uint8Array) => early.push(bytes)
      socket.on('data', keep)
      setImmediate(() => {
        socket.pause()
        socket.off('data', keep)
        resolve(concat(early))
      })
    })
    client.connect(socket)
    socket.resume()
  })
}

/** Neither the password nor what the library knows of it goes into the error. */
function refused(proxy: Proxy, to: Pick<Endpoint, 'address' | 'port'>, reason: string): PeerError {
  const name = renderEndpoint({ address: proxy.host, port: proxy.port })
  const message = `the proxy ${name} did not connect to ${renderEndpoint(to)}: ${reason}`
  return new PeerError('E_PROXY_FAILED', message, { phase: 'proxy', reference: 'RFC 1928' })
}
