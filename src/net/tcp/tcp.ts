import { connect, createServer, isIP, type Server, Socket, type TcpNetConnectOpts } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import { systemClock } from '../clock.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { connectTimeout, dialError, localLimit, systemCode } from '../socket-errors.ts'
import { type Inlet, TcpTransport } from './transport.ts'
import type { Dial, DialOptions, Endpoint, Listen } from '../transport.ts'

/**
 * Read into, over and over, for the life of a dialled connection, in bytes. A download with 64 KiB took one and a half
 * to two times as long: one block in four is cut by the end of a buffer and has to be put together. Pages that a quiet
 * connection never reaches take no memory.
 */
const READ_BUFFER_LENGTH = 262_144

/** @see Dial */
export const dialTcp: Dial = async (to, options) => {
  const inlet: Inlet = { read: undefined }
  const opened = connectSocket(to, options, (socket) => ({
    // no Buffer: its `slice` does not copy, and chunks are kept by copying them
    buffer: new Uint8Array(READ_BUFFER_LENGTH),
    callback: (length, buffer): boolean => {
      inlet.read?.(buffer.subarray(0, length))
      return !socket().isPaused()
    },
  }))
  return new TcpTransport(await opened, { inlet })
}

/**
 * Connects a socket and leaves it paused, so that no byte is lost before somebody listens.
 * @param read makes what the socket reads into; without it the socket emits its bytes
 * @throws as `Dial`
 */
export function connectSocket(
  to: Pick<Endpoint, 'address' | 'port'>,
  { timeoutMs, source, signal, onConnected }: DialOptions,
  read?: (socket: () => Socket) => NonNullable<TcpNetConnectOpts['onread']>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const address = renderEndpoint(to)
    if (source !== undefined && isIP(source) === 0) throw badSource(source)
    const socket: Socket = connect({
      host: to.address,
      port: to.port,
      ...(source === undefined ? {} : { localAddress: source }),
      noDelay: true,
      ...(read === undefined ? {} : { onread: read(() => socket) }),
    })
    const startedAt = systemClock.now()
    const cancelTimer = systemClock.schedule(startedAt + timeoutMs, () =>
      fail(connectTimeout(address, timeoutMs)),
    )
    const onError = (error: unknown) =>
      fail(dialError(error, { address, source, elapsedMs: systemClock.now() - startedAt }))
    const onAbort = () => fail(signal?.reason)
    const settle = () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const fail = (reason: unknown) => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(reason)
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      onConnected?.()
      settle()
      socket.pause()
      resolve(socket)
    })
  })
}

function badSource(source: string): PeerError {
  return new PeerError('E_BIND', `${source} is no address to dial from`, {
    phase: 'connect',
    hint: '--source takes an IPv4 or IPv6 address of this machine',
  })
}

/** @see Listen */
export const listenTcp: Listen = (at, accepted) =>
  new Promise((resolve, reject) => {
    const server: Server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
      // a socket that died in the backlog has no address any more
      if (socket.remoteAddress === undefined) socket.destroy()
      else accepted(new TcpTransport(socket))
    })
    // stays for errors of later accepts too, which nobody else hears
    server.on('error', (cause) => {
      const message = `cannot listen on ${renderEndpoint(at)} (${systemCode(cause) ?? String(cause)})`
      reject(
        new PeerError('E_BIND', message, {
          hint: localLimit(cause) ?? 'take another port or address',
          cause,
        }),
      )
    })
    server.listen({ host: at.address, port: at.port }, () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : at.port
      const close = () => new Promise<void>((closed) => server.close(() => closed()))
      resolve({ address: { ...at, port }, close })
    })
  })

/**
 * Compiles and sets up what Node does for the first socket of a process, so that the time to connect is the network's: on
 * loopback the first connection would seem to take several times as long as the second.
 */
export function warmUpTcp(): void {
  new Socket().destroy()
}
