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

/** Disables the timer of the library, which counts time in which this process was suspended. The longest timer of Node. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Opens a TCP connection through a SOCKS5 proxy. The proxy resolves host names; this machine does not
 * look them up. Byte counts of the result start after the handshake with the proxy.
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
  // the library removes its own listener; an unhandled error would end the process
  socket.on('error', () => {})
  const { signal } = options
  const abort = () => socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    // the error may have occurred before the listener was added
    signal?.throwIfAborted()
    const early = await negotiate(socket, to, proxy, deadline)
    const before = { sent: socket.bytesWritten, received: socket.bytesRead - early.length }
    if (early.length > 0) socket.unshift(early)
    const remote = { address: to.address, port: to.port, family: familyOf(to.address) } as const
    return new TcpTransport(socket, { remote, before })
  } catch (cause) {
    socket.destroy()
    signal?.throwIfAborted()
    // anything else is a bug, not the fault of the proxy
    throw cause instanceof SocksClientError ? refused(proxy, to, cause.message) : cause
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

async function connectProxy(proxy: Proxy, options: DialOptions): Promise<Socket> {
  try {
    return await connectSocket(
      { address: proxy.host, port: proxy.port },
      { ...options, onConnected: undefined, onDialling: undefined },
    )
  } catch (error) {
    // only network errors are about the proxy
    if (!(error instanceof PeerError) || error.blame === 'local') throw error
    throw new PeerError('E_PROXY_FAILED', `cannot reach the proxy: ${error.message}`, {
      phase: 'proxy',
      hint: 'check the address of --proxy, and that the proxy is running',
      cause: error.cause,
    })
  }
}

/**
 * Asks the proxy for the connection.
 * @returns the bytes that the peer has already sent
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
      // one turn later, the library emits the bytes after the proxy's answer and resumes the socket
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

/** The error must not contain the password, nor the error of the library, which has it. */
function refused(proxy: Proxy, to: Pick<Endpoint, 'address' | 'port'>, reason: string): PeerError {
  const name = renderEndpoint({ address: proxy.host, port: proxy.port })
  const message = `the proxy ${name} did not connect to ${renderEndpoint(to)}: ${reason}`
  return new PeerError('E_PROXY_FAILED', message, { phase: 'proxy', reference: 'RFC 1928' })
}
